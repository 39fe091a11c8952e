.DEFAULT_GOAL := help
MAVEN := mvn -B -ntp

.PHONY: help test dist quickstart simulate scale fuzz lab bench bench-messages format clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

test: ## Run every test that needs no emulated machine
	$(MAVEN) verify

dist: ## Build the distribution into examples/target/dist, without tests
	$(MAVEN) -q -DskipTests package

quickstart: dist ## Map, write, move and delete a volume in one process
	examples/target/dist/bin/quickstart

simulate: dist ## Run 100,000 simulated installations (about an hour)
	examples/target/dist/bin/simulate 1 100000

scale: dist ## Print what 1,000 to 100,000 volumes cost, in memory
	examples/target/dist/bin/scale

fuzz: ## Feed every parser damaged input for ten minutes each (three hours)
	$(MAVEN) verify -Dtest='*FuzzTest' -Dsurefire.failIfNoSpecifiedTests=false -Dvmstore.fuzz.seconds=600

lab: dist ## Run the main job on a real kernel in emulated machines
	lab/run map

bench: dist ## Measure against the least work there is and others' ways, in emulated machines (15 minutes)
	lab/bench --quick

bench-messages: dist ## Measure requests on a RabbitMQ of its own, beside amqp-client alone (2 minutes)
	examples/target/dist/bin/vmstore-bench-messages docs/performance.md

format: ## Format the sources
	$(MAVEN) -q -pl '!vmstore-bom' spotless:apply

clean: ## Remove what was built
	$(MAVEN) -q clean
