# Everything that is done with this repository. `make help` lists it.
.DEFAULT_GOAL := help
.PHONY: help tools generate examples lint check test test-all test-packages test-processes clients mutants release-schema build run sandbox demo run-distributed scenarios bench servers images k8s-lint k8s-check k8s-e2e release tidy

MODULES := proto kit services/customer services/order services/loyalty services/notification services/support gateway suite
GO      := go
BIN     := $(CURDIR)/bin
DATA    ?= data
STORY   ?=
ONLY    ?=
SHAPE   ?=
BRIEF   ?=
PKG     ?=
RUN     ?= .
VERSION ?= dev
PLATFORMS ?= linux/amd64

# What is generated, once the imported contracts are there.
GENERATE = PATH="$(BIN):$$PATH" $(BIN)/buf generate && $(BIN)/buf build -o $(BIN)/contract.binpb && $(BIN)/rows $(BIN)/contract.binpb services

help: ## List what can be made.
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

tools: ## Build the pinned build tools into bin/.
	@GOWORK=off $(GO) build -C tools -o $(BIN)/ tool

generate: tools ## Generate Go and OpenAPI from the contracts, and Go from each rows.yaml.
	$(BIN)/protodeps proto/third_party
	$(GENERATE)

examples: ## Record anew the examples that the OpenAPI document shows, from the running suite.
	$(GO) test ./suite/contract -count 1 -run TestExamples -record
	@$(MAKE) --no-print-directory generate

lint: tools ## Check the contracts, the code and the walls between modules.
	$(BIN)/protodeps proto/third_party
	$(BIN)/buf lint
	$(BIN)/buf build -o $(BIN)/contract.binpb && $(BIN)/contractlint $(BIN)/contract.binpb
	@test -z "$$(gofmt -l $(MODULES) tools k8s | grep -v /gen/)" || { echo "not formatted:"; gofmt -l $(MODULES) tools k8s; exit 1; }
	$(GO) vet work
	$(BIN)/staticcheck $(foreach m,$(filter-out proto,$(MODULES)),./$(m)/...)
	$(BIN)/depguard $(foreach m,$(filter-out proto,$(MODULES)),./$(m)/...)
	$(BIN)/lint $(MODULES) tools k8s

check: lint ## Lint, and prove that generated code is current and every module builds alone.
	$(GENERATE)
	@git diff --exit-code --stat -- proto/gen services || { echo "generated code is not current: make generate"; exit 1; }
	GOWORK=off $(GO) test -C tools ./cluster/policy ./images ./kube ./lint ./contractlint
	@for m in $(MODULES); do echo "build $$m alone"; (cd $$m && GOWORK=off $(GO) build ./...) || exit 1; done

servers: ## Install PostgreSQL and Redis where they are missing (Debian, as root).
	@tools/servers

# Tests with -short leave out real processes, their deaths, and large sets of data.
test: servers ## Run what a developer runs all day: every rule, store, contract table and embedded story.
	$(GO) test -short -timeout 10m work

test-all: test-packages test-processes scenarios ## Run every test, with real processes and their deaths; KEPT_KILL_SHARE=2/5 kills at a part of the failpoints.

test-packages: servers
	$(GO) test -timeout 30m $$($(GO) list work | grep -v '/suite/endurance$$')

test-processes: servers
	$(GO) test -timeout 60m -v -run '$(RUN)' ./suite/endurance

clients: ## Lint the OpenAPI document, make TypeScript clients of it and compile them (with Node and npm).
	suite/openapi/clients/check

mutants: tools ## Change the code in small ways and see that tests notice; PKG=kit/money for one package.
	tools/mutants $(PKG)

release-schema: ## Take the schema of this version, anew if it is there; VERSION=v0.2.0.
	@test "$(VERSION)" != dev || { echo 'say which: make release-schema VERSION=v0.2.0'; exit 2; }
	rm -rf suite/upgrade/testdata/$(VERSION)
	$(GO) test ./suite/upgrade -count 1 -run 'TestTakeRelease|TestWhatIsReleased' -release $(VERSION)

build: ## Build every command into bin/.
	$(GO) build -o $(BIN)/ ./suite/cmd/... ./gateway/cmd/... $(foreach s,customer order loyalty notification support,./services/$(s)/cmd/...)

run: ## Run the suite in one process, on data/; ARGS=--listen=127.0.0.1:8090.
	@$(GO) build -o $(BIN)/kept ./suite/cmd/kept && exec $(BIN)/kept serve --data $(DATA) $(ARGS)

sandbox: ## Run it as a sandbox, with a clock that can be moved, on data of its own in data/sandbox/.
	@$(GO) build -o $(BIN)/kept ./suite/cmd/kept && exec $(BIN)/kept serve --sandbox --data $(DATA)/sandbox $(ARGS)

demo: ## Show it: a real history imported, three stories told, then yours to look around; ARGS=--listen=127.0.0.1:8090.
	@$(GO) build -o $(BIN)/ ./suite/cmd/kept ./suite/cmd/kept-demo && exec $(BIN)/kept-demo $(ARGS)

run-distributed: servers ## Run the suite as processes, two replicas of each service, with PostgreSQL and Redis.
	@$(GO) build -o $(BIN)/kept-cluster ./suite/cmd/kept-cluster && exec $(BIN)/kept-cluster

scenarios: servers ## Play the stories in both shapes; STORY=S07 plays one.
	@$(GO) build -o $(BIN)/kept-scenarios ./suite/cmd/kept-scenarios && exec $(BIN)/kept-scenarios $(if $(STORY),--story $(STORY))

bench: servers ## Measure speed and memory against limits of the same run; ONLY=orders, SHAPE=embedded, BRIEF=1 for moments.
	@$(GO) build -o $(BIN)/kept-bench ./suite/cmd/kept-bench && exec $(BIN)/kept-bench $(if $(ONLY),--only $(ONLY)) $(if $(SHAPE),--shape $(SHAPE)) $(if $(BRIEF),--brief)

images: tools ## Make a container image of every process in bin/oci/, without an engine; VERSION=v1.2.3 PLATFORMS=linux/amd64,linux/arm64.
	$(BIN)/images build --version $(VERSION) --platforms $(PLATFORMS) --revision $$(git rev-parse HEAD)
	$(BIN)/images check --version $(VERSION)

# The tests that need an API server; the others read the manifests and the code.
SERVED := Server|Example|Drain|Restricted

k8s-lint: ## Check the manifests as far as no API server is needed: references, ports, settings, edges, alerts, dashboards.
	GOWORK=off $(GO) test -C k8s/check -count=1 -timeout 10m -skip '$(SERVED)' .

k8s-check: tools ## Check the manifests, against a real API server, too (its first build takes some minutes).
	GOWORK=off $(BIN)/controlplane $(GO) test -C k8s/check -count=1 -timeout 20m .

k8s-e2e: tools ## Do what k8s/README.md says on a real cluster on this machine (as root), and try what stands; CLUSTER=command that has another one.
	$(GO) build -o $(BIN)/ ./suite/cmd/kept ./suite/cmd/kept-e2e
	GOWORK=off $(GO) build -C tools -o $(BIN)/ ./cluster
	GOWORK=off $(GO) test -C tools ./cluster
	k8s/e2e

release: tools ## Make a release: images, manifests, bills of materials, changes, tags; VERSION=v0.2.0.
	tools/release $(VERSION)

tidy: ## Tidy every module's dependencies.
	@for m in $(MODULES) tools; do (cd $$m && GOWORK=off $(GO) mod tidy) || exit 1; done
