"""Tests of the OpenShift manifests and the template."""
