# The commands that a developer types. `just` lists them; options go through to the command behind.

set positional-arguments

# The commands, with what each is for
_default:
    @just --list --unsorted

# Compile everything, without making programs
check *options:
    cargo check --workspace --all-targets "$@"

# Run all tests, or those of one crate: just test -p domain
test *options:
    cargo test {{ if options == "" { "--workspace" } else { "" } }} "$@"

# Clippy, with every warning an error
lint:
    cargo clippy --workspace --all-targets -- -D warnings

# Format all code
fmt *options:
    cargo fmt --all "$@"

# Build the documentation of the code, with every warning an error
doc *options:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps "$@"

# Look for misspelt words
typos *options:
    typos "$@"

# Check licenses, sources, banned crates and security advisories of all dependencies
deny *options:
    cargo deny check "$@"

# Look for dependencies that no code uses
machete:
    cargo machete --with-metadata

# Run the whole stack on loopback until Ctrl+C
up *options:
    cargo run -- up "$@"

# Import a file: just import examples/customers.csv --dry-run
import file *options:
    cargo run -- import "$@"

# Run the simulator: just sim --seeds 1000
sim *options:
    cargo run --release -p tests --bin muster-sim -- "$@"

# Measure how fast imports are on this machine
bench *options:
    cargo run --release -- bench "$@"

# Measure the check and the plan of a made-up file: just plan --rows 1000000
plan *options:
    cargo run --release -p bench -- plan "$@"

# Serve all five functions on one port, as Lambda binaries
watch *options:
    cargo lambda watch --invoke-address 127.0.0.1 "$@"

# Call the functions of `just watch` for messages of the queues at an endpoint: just drive --endpoint-url http://127.0.0.1:4566
drive *options:
    cargo run --release -- drive "$@"

# Deploy the template to an emulator on this machine, and test what is deployed
emulator:
    infra/emulator/run

# Deploy the template to LocalStack on this machine, and test what is deployed
localstack:
    infra/localstack/run

# Walk the console in Chromium
browser:
    tests/browser/run

# Build and deploy to your AWS account; shows the changes and asks
deploy *options:
    sam build
    sam deploy "$@"

# Everything that must hold before a change lands
ci:
    .ci/run
