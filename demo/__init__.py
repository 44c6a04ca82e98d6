"""The demo: a stand-in Confluence site, a real Llama Stack server, and the main job against both."""
