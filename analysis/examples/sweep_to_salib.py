"""The answers of a sweep as SALib takes them: a problem, inputs X and outputs Y, straight from answers.h5.

    /usr/bin/python3 sweep_to_salib.py SWEEP_FOLDER INDICATOR [BASE ALTERNATIVE]

With two scenarios Y is the difference, mean over replicates. Prints the problem and, where SALib is installed, its analysis.
`arraigo sensitivity --export` writes the same numbers as files. Debian: python3-xarray with python3-netcdf4.
"""
import json
import sys

import numpy
import xarray


def numbers(values):
    """Words of two kinds count as 0 and 1, in the order of the alphabet; more kinds have no order: none."""
    if values.dtype.kind in "fiu":
        return values.astype(float)
    kinds = sorted(set(values.tolist()))
    return numpy.array([kinds.index(word) for word in values], dtype=float) if len(kinds) <= 2 else None


def load(folder, indicator, base=None, alternative=None):
    """(problem, X, Y, design) in the order of rows that SALib's own samples have."""
    data = xarray.open_dataset(f"{folder}/answers.h5")
    design = json.loads(data.attrs["design"])
    scenarios = list(dict.fromkeys(data["scenario"].values.tolist()))

    def level(scenario):
        points = data["scenario"].values == scenario
        return data[indicator].isel(time=-1).values[points].mean(axis=1)  # a point with a missing replicate is nan

    first = data["scenario"].values == scenarios[0]
    inputs = [(entry["variable"], entry["path"], numbers(data[entry["variable"]].values[first])) for entry in json.loads(data.attrs["parameters"])]
    names, paths, columns = zip(*[one for one in inputs if one[2] is not None])
    X = numpy.column_stack(columns)
    Y = level(alternative) - level(base) if alternative else level(base or scenarios[0])
    bounds = [design["ranges"].get(path, [X[:, k].min(), X[:, k].max()]) for k, path in enumerate(paths)]
    problem = {"num_vars": len(names), "names": list(names), "bounds": bounds, "groups": None}

    block, step = data["block"].values[first], data["step"].values[first]
    if design["kind"] == "saltelli":
        # Here all of A, all of B, A with parameter 1 of B, ...; SALib wants A, A_B1, A_B2, ..., B for one base point after another.
        place = numpy.where(block == 0, 0, numpy.where(block == 1, len(names) + 1, block - 1))
        group = step
    elif design["kind"] == "morris":
        group, place = block, step
    else:
        group, place = numpy.arange(len(Y)), numpy.zeros(len(Y))
    order = numpy.lexsort((place, group))
    whole = ~numpy.isin(group, group[~numpy.isfinite(Y)])  # no part of a trajectory or base point
    order = order[whole[order]]
    return problem, X[order], Y[order], design["kind"]


def main(*words):
    problem, X, Y, design = load(*words)
    print(json.dumps(problem))
    print(f"X {X.shape}, Y {Y.shape}, design {design}")
    try:
        from SALib.analyze import morris, sobol
    except ImportError:
        print("SALib is not installed: pip install SALib")
        return
    if design == "morris":
        print(morris.analyze(problem, X, Y).to_df())
    elif design == "saltelli":
        for table in sobol.analyze(problem, Y, calc_second_order=False).to_df():
            print(table)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 5):
        sys.exit(__doc__)
    main(*sys.argv[1:])
