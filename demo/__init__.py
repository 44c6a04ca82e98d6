"""The demo: a stand-in Confluence site and a real Llama Stack server for the main job."""
