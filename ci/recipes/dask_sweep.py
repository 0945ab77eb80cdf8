#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A sweep on a Dask cluster: a task for each shard, then a merge. Needs `dask[distributed]`, `tandem` on the PATH of
the workers, and a folder that they share.

  dask_sweep.py SCHEDULER RESULTS SHARDS SCENARIO --vary parameters.limit=64,128 --seeds 20

SCHEDULER is its address, or `local` for processes of this machine.
"""

import pathlib
import subprocess
import sys

BAD_INPUT = 2


def shard(results, number, count, sweep):
    """Verdicts (exit codes 1 and 3) are told by the merge."""
    done = subprocess.run(["tandem", "sweep", *sweep, "--jobs", "1", "--shard", f"{number}/{count}",
                           "--out", str(results / f"shard-{number}")], capture_output=True, text=True)
    if done.returncode == BAD_INPUT or done.returncode > 3:
        raise RuntimeError(done.stderr)
    return results / f"shard-{number}"


def main(scheduler, results, shards, *sweep):
    from dask.distributed import Client

    cluster = {"processes": True, "dashboard_address": None} if scheduler == "local" else {"address": scheduler}
    with Client(**cluster) as client:
        tasks = [client.submit(shard, pathlib.Path(results), n + 1, int(shards), sweep, pure=False)
                 for n in range(int(shards))]
        parts = client.gather(tasks)
    return subprocess.run(["tandem", "merge", *map(str, parts), "--out", f"{results}/all"]).returncode


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
