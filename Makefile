# Two commands: `make run` starts the product, `make test` runs everything that checks it. Both install what they need.
PYTHON ?= python3

.PHONY: help run test install lint test-python test-frontend test-e2e

help:
	@echo "make run            start the product; PORT, HOST and DATA_DIR can be set"
	@echo "make test           run everything below"
	@echo "make lint           ruff and mypy"
	@echo "make test-frontend  type checks, Biome and the TypeScript tests"
	@echo "make test-python    the Python tests"
	@echo "make test-e2e       the end-to-end tests in Chromium"
	@echo "make install        install what all of these need, and stop"

run:
	@$(PYTHON) annotator/bootstrap.py run

test:
	@$(PYTHON) annotator/bootstrap.py test

install:
	@$(PYTHON) annotator/bootstrap.py install

lint:
	@$(PYTHON) annotator/bootstrap.py test lint types

test-python:
	@$(PYTHON) annotator/bootstrap.py test python

test-frontend:
	@$(PYTHON) annotator/bootstrap.py test frontend

test-e2e:
	@$(PYTHON) annotator/bootstrap.py test e2e
