// SPDX-License-Identifier: GPL-2.0-only
// AddressSanitizer's defaults for programs on ns-3. Debian builds ns-3 without frame pointers: each
// of its allocations seems to come from a new place, and keeping those places takes a hundred times
// the time of the run, and 1.5 GB. Two frames still say whose the memory is.

extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "malloc_context_size=2"; }
