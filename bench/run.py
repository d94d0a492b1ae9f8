#!/usr/bin/python3
"""./run bench [BENCH...]: measure a release build; exit 1 when a bar is missed or a result wrong.

A bench is one module or more beside this file, each with a function bench(build, place, options)
that returns whether it passed, and its figures.  $ASSAY_BUILD names the build directory.
"""
import argparse
import json
import os
import pathlib
import sys

import measure  # first: it says where tests/ is, whose parts the benches use

import bench_api
import bench_history
import bench_market
import bench_postgres
import bench_probe
import bench_sync
import bench_together

BENCHES = {"api": [bench_api], "history": [bench_history], "market": [bench_market], "probe": [bench_probe],
           "sync": [bench_sync, bench_postgres, bench_together]}


def arguments():
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__.splitlines()[0])
    parser.add_argument("benches", nargs="*", metavar="BENCH",
                        help=f"{', '.join(BENCHES)} (all)")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="runs of each side (3)")
    parser.add_argument("--scale", type=int, default=20000, metavar="N", help="models (20000)")
    parser.add_argument("--days", type=int, default=365, metavar="N", help="of a history (365)")
    parser.add_argument("--seed", type=int, default=7, metavar="N", help="of the market (7)")
    parser.add_argument("--quick", action="store_true", help="probe: one short run, to try it out")
    parser.add_argument("--dir", type=pathlib.Path, metavar="DIR",
                        help="where databases are written (the build directory)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="all figures, as JSON")
    options = parser.parse_args()
    for name in options.benches:
        if name not in BENCHES:
            parser.error(f"no bench {name}; there are: {', '.join(BENCHES)}")
    if options.runs < 1 or options.scale < 100 or options.days < 2:
        parser.error("--runs must be 1 or more, --scale 100 or more, --days 2 or more")
    if options.json:
        options.json = options.json.resolve()
    return options


def main():
    options = arguments()
    build = pathlib.Path(os.environ.get("ASSAY_BUILD", measure.ROOT / "build-release")).resolve()
    passed = True
    figures = {}
    for name in options.benches or BENCHES:
        with measure.workplace(options.dir or build) as place:
            print(f"== bench {name}: {options.scale} models, seed {options.seed}, "
                  f"{options.runs} runs of each side, {place.parent}")
            figures[name] = {"calibration": measure.calibrate(build, place)}
            for module in BENCHES[name]:
                ok, figures[name][module.__name__] = module.bench(build, place, options)
                passed = passed and ok
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")
    print("PASS" if passed else "FAIL")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
