"""Tests of demo.confluence_site: it behaves as Confluence Cloud does, over real sockets."""
