"""Build the production images and try them out as `compose.yaml` describes: `make container-test`."""
