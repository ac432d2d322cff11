#!/bin/sh
exec node "$(dirname "$0")/buildctl.fixture.ts" "$@"
