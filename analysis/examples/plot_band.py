"""An indicator of one or more runs month by month, with the 95 % interval over replicates as a band.

    /usr/bin/python3 plot_band.py INDICATOR PICTURE RUN.h5 [RUN.h5 ...]

PICTURE ends in .png, .svg or .pdf. Debian: python3-xarray with python3-netcdf4, python3-matplotlib.
"""
import json
import sys

import matplotlib
import xarray

matplotlib.use("Agg")  # no screen is needed
from matplotlib import pyplot

from compare_runs import figures

# Okabe and Ito: told apart by the colour-blind. Dashes tell the lines apart on paper.
STYLES = [("#4d4d4d", "-"), ("#0072b2", "--"), ("#d55e00", "-."), ("#009e73", ":"), ("#cc79a7", "-")]
# Student's t for 95 %, by replicates; 1.96 from 30 on.
T = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57, 7: 2.45, 8: 2.36, 10: 2.26, 12: 2.20, 16: 2.13, 20: 2.09}


def half_width(values):
    """Half of the interval of the mean over replicates; none for a single one."""
    count = values.sizes["replicate"]
    t = T.get(count) or (1.96 if count >= 30 else T[max(n for n in T if n <= count)])
    return t * values.std("replicate", ddof=1) / count**0.5


def main(name, picture, *files):
    chart, axes = pyplot.subplots(figsize=(8, 4.5), layout="constrained")
    for file, (colour, dash) in zip(files, STYLES):
        run = xarray.open_dataset(file)
        known = {indicator["name"]: indicator for indicator in json.loads(run.attrs["indicators"])}
        if name not in known:
            sys.exit(f"{file}: no indicator {name}. It has: {', '.join(known)}")
        values = figures(run, known[name])
        mean = values.mean("replicate")
        axes.plot(mean["time"], mean, dash, color=colour, label=run.attrs["title_en"])
        if values.sizes["replicate"] > 1:
            half = half_width(values)
            axes.fill_between(mean["time"].values, mean - half, mean + half, color=colour, alpha=0.2, linewidth=0)
        print(f"{run.attrs['stem']}: {float(mean[0]):.2f} in the first month, {float(mean[-1]):.2f} in the last, {values.sizes['replicate']} replicates")
    axes.set_ylabel(known[name]["units"])
    axes.set_title(known[name]["title_en"])
    axes.legend(frameon=False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    chart.savefig(picture)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    if len(sys.argv) - 3 > len(STYLES):
        sys.exit(f"at most {len(STYLES)} runs fit into one picture")
    main(*sys.argv[1:])
