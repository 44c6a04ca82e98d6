"""What tests of several folders share; no tests.

confluence_client   a client of the stand-in Confluence site, as pipeline.fetch opens it
site_client         a plain client, for tests of the stand-in site itself
site_pages          pages on the stand-in site, for tests of pipeline.fetch
vector_api          a stand-in Vector API with faults; vector_api_* and word_index are its parts
proxy               a proxy before a real server, which makes requests fail
server_fixtures     pytest plugin: fixtures of real servers, and the mark `real_server`
hanging_servers     pytest plugin: a server that hangs is started anew, its test repeated
real_servers        the real servers besides demo.servers; servers/ contains their locks
ogx_on_postgres     OGX as OpenShift AI configures it; postgres, slow_port and
                    embedding_service are its parts
program             runs of the programs, in this process or a new one
recovery            a small site, and the check that a clean run repairs a collection
fast_retries        short waits between retries
sinks, store_*      sinks, chunks, and the stores and files of a real server
convert             pages from storage format or rendered HTML into Markdown
manifests           the OpenShift manifests as a cluster gets them
"""
