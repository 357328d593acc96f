# Two commands matter on a fresh machine: `make demo` and `make test`. Both do all the set-up.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

STAGE ?= local
export AWS_STAGE_PORT ?= 4566
export AWS_STAGE_DATA_DIR ?= $(or $(DATASTREAMER_DATA_DIR),.local)
PIPELINE ?= telemetry
# The first Python that runs (a pyenv shim of a version that is not active does not); without one, uv's.
PYTHON ?= $(shell for found in python3.11 python3.12; do $$found -c "import ensurepip" 2>/dev/null && echo $$found && break; done)
VENV := .venv
BIN := $(VENV)/bin
SPARK_JARS := .local/jars
CHECKOV := .local/tools/checkov
RUNTIMES := .local/tools/runtimes
DBT := .local/tools/dbt
SAGEMAKER_SDK := .local/tools/sagemaker-sdk

# Tests, demo and stage start Python hundreds of times: what it compiles is kept, even where a shell or an image says not
# to. A command of ours takes 1.1 s of processor time instead of 1.6.
unexport PYTHONDONTWRITEBYTECODE
# XGBoost's threads spin while they wait for one another: beside other work, 40 rounds of training took 2 s of processor
# time, and 0.04 s where they sleep.
export OMP_WAIT_POLICY ?= PASSIVE

# What the caller gives is handed to commands as it is, in their environment: neither make nor the shell reads it as more.
ARGUMENTS := STAGE PIPELINE WITH PLAN ADDRESS ID STATE_BUCKET RATE ENDPOINT
$(foreach name,$(ARGUMENTS),$(eval override $(name) := $$(value $(name))))
export $(ARGUMENTS)
PIPELINES := $${WITH:+--pipeline $${WITH// / --pipeline }}

##@ Use it (PIPELINE=telemetry or another of `datastreamer --help`, KEEP=1 leaves everything up)
demo: setup ## Watch a pipeline at work, with proof that nothing is lost
	@$(BIN)/python -m scripts.demo --pipeline "$$PIPELINE" $(if $(KEEP),--keep)

help: ## Show this help
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo help

##@ The local stage (AWS_STAGE_PORT=4566, data in .local)
up: setup ## Start the local stage in the background
	@$(BIN)/python -m aws_stage up

down: setup ## Stop the local stage, flushing everything
	@$(BIN)/python -m aws_stage down

status: setup ## Show whether the local stage is up, and its size
	@$(BIN)/python -m aws_stage status

logs: setup ## Follow the local stage's log until Ctrl+C
	@$(BIN)/python -m aws_stage logs

.PHONY: up down status logs

##@ Set up
setup: $(VENV)/.ready $(SPARK_JARS)/.ready ## Install everything into .venv and .local

$(VENV)/.ready: requirements/dev.txt pyproject.toml packages/aws_stage/pyproject.toml packages/trino_on_duckdb/pyproject.toml
	@echo "Setting up $(VENV) (once)"
	@if test -x $(BIN)/python; then :; elif test -n "$(PYTHON)"; then $(PYTHON) -m venv $(VENV); \
	elif command -v uv >/dev/null; then uv venv --quiet --seed --python 3.11 $(VENV); \
	else echo "Python 3.11 or 3.12 with venv is needed. Debian, Ubuntu: apt install python3.11-venv (or python3.12-venv);" \
	  "macOS: brew install python@3.11; or install uv, which brings one. Elsewhere: make PYTHON=/path/to/python3.11" >&2; exit 1; fi
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation \
	  -e . -e packages/aws_stage -e packages/trino_on_duckdb
	@touch $@

# AWS's own hadoop-aws and SDK jars, taken out of the source archive: building a wheel of it would take a minute.
$(SPARK_JARS)/.ready: requirements/jars.txt | $(VENV)/.ready
	@echo "Fetching the S3 jars for Spark (once)"
	@rm -rf $(SPARK_JARS) && mkdir -p $(SPARK_JARS)
	@$(BIN)/python -m pip download -qq --disable-pip-version-check --no-deps --no-build-isolation \
	  --require-hashes --dest $(SPARK_JARS) -r requirements/jars.txt
	@tar -xzf $(SPARK_JARS)/sagemaker_pyspark-*.tar.gz -C $(SPARK_JARS) --strip-components=3 --wildcards \
	  '*/hadoop-aws-*.jar' '*/aws-java-sdk-bundle-*.jar'
	@rm $(SPARK_JARS)/sagemaker_pyspark-*.tar.gz
	@AWS_STAGE_JARS=$(SPARK_JARS) $(BIN)/python -m aws_stage.engines.glue_jobs.class_archive
	@touch $@

# A venv of its own for what cannot share the project's. Checkov pins an old boto3; Glue and Lambda bring libraries in other
# versions than the project's (runtimes); dbt brings some sixty packages, with bounds on what the project needs newer.
.local/tools/%/.ready: requirements/%.txt | $(VENV)/.ready
	@echo "Setting up $(@D) from $< (once)"
	@$(BIN)/python -m venv --clear $(@D)
	@$(@D)/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r $<
	@touch $@

PIN := $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host

lock: ## Re-resolve and pin every dependency with hashes
	$(PIN) --extra local --extra dev --strip-extras -o requirements/dev.txt pyproject.toml
	$(PIN) --strip-extras --no-header -o requirements/checkov.txt requirements/checkov.in
	$(PIN) --strip-extras --no-header -o requirements/runtimes.txt requirements/runtimes.in
	$(PIN) --no-strip-extras --no-header -o requirements/dbt.txt requirements/dbt.in
	$(PIN) --no-strip-extras --no-header -o requirements/sagemaker-sdk.txt requirements/sagemaker-sdk.in

.PHONY: setup lock

##@ Put a stage in place (STAGE=local, staging, production)
plan: setup ## Show and save what apply would change; WITH=votes switches a pipeline on
	@$(BIN)/python -m scripts.provision plan "$$STAGE" $(PIPELINES)

apply: setup ## Apply after asking; WITH=votes switches a pipeline on, AUTO_APPROVE=1 does not ask, PLAN=file is a saved plan
	@$(BIN)/python -m scripts.provision apply "$$STAGE" $(PIPELINES) $(if $(AUTO_APPROVE),--auto-approve) $${PLAN:+--plan "$$PLAN"}

destroy: setup ## Destroy the stage and its data after asking; AUTO_APPROVE=1 does not ask
	@$(BIN)/python -m scripts.provision destroy "$$STAGE" $(if $(AUTO_APPROVE),--auto-approve)

adopt: setup ## Note in the state what an interrupted apply made: ADDRESS, ID
	@$(BIN)/python -m scripts.provision adopt "$$STAGE" "$$ADDRESS" "$$ID"

package: setup ## Build what Terraform uploads: the zips of jobs and functions, and the sites
	@$(BIN)/python -m scripts.provision package

cli-config: setup ## Write a Terraform configuration that finds the provider on this machine, and say how to name it
	@$(BIN)/python -m scripts.provision cli-config

state-bucket: setup ## Make the bucket STATE_BUCKET that keeps the Terraform state of stages on AWS, once
	@$(BIN)/python -m scripts.provision state-bucket "$$STATE_BUCKET"

account: setup ## Put in place what an AWS account has once, after asking: API Gateway's role for logs; AUTO_APPROVE=1 does not ask
	@$(BIN)/python -m scripts.provision account $(if $(AUTO_APPROVE),--auto-approve)

cost: setup ## Estimate what PIPELINE costs a month on AWS at RATE a second; ENDPOINT=instances, serverless, none
	@$(BIN)/python -m scripts.cost "$$STAGE" --pipeline "$$PIPELINE" $${RATE:+--rate "$$RATE"} $${ENDPOINT:+--endpoint "$$ENDPOINT"}

.PHONY: plan apply destroy adopt package cli-config state-bucket account cost

##@ Check it
browser: setup ## Find a Chromium for the site's tests, or unpack one into .local
	@$(BIN)/python -m scripts.chromium

# Three workers for two cores: the end-to-end tests wait more than they work. Folders in their order, so that these come first.
# Without tests/checkov, which needs a venv of its own: make checkov.
WORKERS := -n 3 --dist loadfile --no-loadscope-reorder --durations 10 --ignore tests/checkov

test: setup browser ## Run every test, the end-to-end ones included
	$(BIN)/python -m pytest $(WORKERS)

test-lake: setup browser ## Run the lake's own tests, without those of the packages
	$(BIN)/python -m pytest $(WORKERS) tests

check: setup ## Everything CI checks: format, lint, types, imports, all tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	@$(MAKE) fmt validate terraform-test checkov test-runtimes test-tools
	@$(MAKE) test

# What the Glue job and the functions import; without what needs Spark itself, a command, or Athena's dialect.
RUNTIME_TESTS := $(addprefix tests/unit/,aws events telemetry/job inference/processing scoring votes taxi/test_commit.py taxi/scoring) \
  $(addprefix --ignore tests/unit/telemetry/job/,test_crash_isolation.py test_staging.py) \
  --ignore-glob '*_command*.py' --ignore tests/unit/votes/test_rulings.py

test-runtimes: setup $(RUNTIMES)/.ready ## Run the unit tests of the job and the functions with the library versions of Glue and Lambda
	PYTHONPATH=packages/aws_stage/src $(RUNTIMES)/bin/python -m pytest -q $(RUNTIME_TESTS)

test-tools: setup $(DBT)/.ready ## Run the tests of the local stage with dbt-athena as it is
	$(BIN)/python -m pytest -q packages/aws_stage/tests/tools

sdk-check: setup $(SAGEMAKER_SDK)/.ready ## Train, register, deploy and run a pipeline on a stage with SageMaker's Python SDK as it is
	$(BIN)/python -m pytest -q -s packages/aws_stage/tests/sdk

fmt: setup ## Whether Terraform files are formatted
	@$(BIN)/python -m scripts.terraform_checks fmt

validate: setup ## Whether each stage's Terraform is valid
	@$(BIN)/python -m scripts.terraform_checks validate

terraform-test: setup ## Run every *.tftest.hcl
	@$(BIN)/python -m scripts.terraform_checks test

checkov: setup $(CHECKOV)/.ready ## Look for insecure Terraform, with our policies; each exception has its reason beside the resource
	@$(BIN)/python -m pytest -q tests/checkov

contract: setup ## Write the tables' columns for Terraform, and the fields in docs, from the contracts of readings and trips
	@$(BIN)/python -m scripts.contract

cli-docs: setup ## Write docs/cli/inference.md from the commands
	@$(BIN)/python -m scripts.cli_reference

.PHONY: browser test test-lake test-runtimes test-tools sdk-check check fmt validate terraform-test checkov contract cli-docs
