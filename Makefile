# sortd: build, try out, check, install. `make help` lists what there is.

CARGO   ?= cargo
DESTDIR ?=
PREFIX  ?= /usr
TARGET_DIR = $(or $(CARGO_TARGET_DIR),target)
TRAINER = $(TARGET_DIR)/release/trainer
RUN_CONFIG ?= config/examples/replay.toml
BUNDLE  ?= models/waste
TARGET  ?= aarch64
LOOKS   ?= 1000000
SEED    ?= 1
PI_SUITES ?= smoke faults

.DEFAULT_GOAL := help
.PHONY: help setup build demo demo-web run test soak scenes test-arm check fmt web-test fuzz bench bench-arm bench-page train-bench model-parity \
	model-zoo models lab cross cross-test deb image pi-test pi-test-full install clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install what building needs, if anything is missing
	@cross/prerequisites.sh

demo: setup ## Sort photographs with the whole daemon; no camera, no Pi
	$(CARGO) run --locked --release -- demo

demo-web: setup ## The same before a browser: a replaying daemon and its page (LISTEN=127.0.0.1:8080)
	$(CARGO) build --locked --release
	@tests/demo/web.sh $(TARGET_DIR)/release/sortd $(LISTEN)

run: setup ## Run the daemon in the foreground (RUN_CONFIG=FILE)
	$(CARGO) run --locked --release -- --verbose run --config $(RUN_CONFIG)

test: setup ## All tests of the daemon and of the trainer
	$(CARGO) test --locked --workspace

check: setup ## Formatting, lints, licences, documentation
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps --quiet
	@.ci/deny.sh

web-test: PICTURE =
web-test: build ## Test the page's functions in node, and the page in Chromium (PICTURE=FILE writes the documents' picture)
	@tests/web/run $(TARGET_DIR)/release/sortd $(TARGET_DIR)/web-test $(PICTURE)

fuzz: TARGET =
fuzz: TIME = 60
fuzz: setup ## Try the parsers with inputs that nobody wrote (TIME=SECONDS, TARGET=configuration|http|manifest|mjpeg|onnx|protocol|wifi|y4m)
	@tests/fuzz/run $(TIME) $(TARGET)

bench: setup ## Compare the network's speed with other engines' (fetches them once; minutes)
	@tests/bench/run

bench-arm: setup ## Count instructions on emulated Pis, beside other engines (fetches them once; minutes)
	@tests/bench/arm/run

bench-page: setup ## Measure what visitors of the page cost the bin (four minutes)
	$(CARGO) test --locked --release --package sortd --test page_load -- --ignored --nocapture

train-bench: setup ## Compare the speed of training with PyTorch's (installs it once; a minute)
	@cross/pytorch.sh || echo "train-bench: going on without PyTorch" >&2
	$(CARGO) build --locked --release --package sortd-trainer
	$(TRAINER) bench

model-parity: setup ## Hold a bundle against ONNX Runtime on all test photographs (BUNDLE=DIR; fetches it once; minutes)
	@models/trainer/parity/run $(BUNDLE)

model-zoo: setup ## Hold models of other tools' exporters against ONNX Runtime (fetches them once, 8 GB; many minutes)
	@tests/zoo/run

soak: setup ## Run daemons and a simulated day for long (LOOKS=1000000 SEED=1; hours)
	LOOKS=$(LOOKS) SEED=$(SEED) $(CARGO) test --locked --package sortd --test soak -- --ignored --nocapture

scenes: setup ## Measure false signals, and answers to items, on composed scenes (MINUTES=10 VISITS=25 SEED=1 ONLY=NAME PICTURES=DIR)
	$(CARGO) test --locked --release --package sortd --test scenes -- --ignored --nocapture

test-arm: setup ## Test the integer kernels on emulated Pis
	@cross/test-arm.sh

models: setup ## Make the shipped models anew and write their card (DATA=../shared/data; hours; resumes)
	$(CARGO) build --locked --release --package sortd-trainer
	models/recipes/waste.sh
	models/recipes/baseline.sh
	models/recipes/two-teachers.sh
	models/recipes/measure.sh models/runs/*-int8
	models/recipes/ship.sh

lab: setup ## Compare all networks: waste, another kitchen, CIFAR-10 (many hours; resumes)
	$(CARGO) build --locked --release --package sortd-trainer
	models/recipes/held-out.sh
	models/recipes/variants.sh
	models/recipes/compare.sh
	models/recipes/ablations.sh
	models/recipes/kitchen.sh
	models/recipes/cifar.sh
	models/recipes/measure.sh models/runs/blocked-* models/runs/author-* models/runs/*litter-*
	models/recipes/shipped.sh
	$(TRAINER) card models/runs/*

build: setup ## Build the daemon for this machine, and its manuals
	$(CARGO) build --locked --release --package sortd
	@cross/manuals.sh $(TARGET_DIR)/manuals "$$($${RUSTC:-rustc} -vV | sed -n "s/^host: //p")"

cross: setup ## Build what is packaged for a Pi (TARGET=aarch64|armv7|armv6|x86_64)
	@cross/build.sh $(TARGET)

cross-test: setup ## Run the tests and the demo on an emulated processor (TARGET=)
	@cross/test.sh $(TARGET)

deb: setup ## Make the Debian package (TARGET=aarch64|armv7|armv6|x86_64)
	@cross/deb.sh $(TARGET)

image: setup ## Make an SD card image for Pi 3, 4 and Zero 2 W
	@package=$$(cross/deb.sh aarch64) && cross/image/build.sh "$$package" $(TARGET_DIR)/images/sortd-pi-arm64.img
	xz --force --keep --threads=0 $(TARGET_DIR)/images/sortd-pi-arm64.img

pi-test: ## Run the daemon on an emulated Pi: pins, camera, faults
	@tests/pi/run $(PI_SUITES)

pi-test-full: ## Boot the SD card image on an emulated Pi: package, hardening, power cuts (many minutes)
	@tests/pi/run full

install: ## Install what was built (as root; DESTDIR=, PREFIX=)
	@DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" cross/install.sh $(TARGET_DIR)

clean: ## Remove what was built
	$(CARGO) clean
