"""Every indicator of two runs in the last common month, and their difference paired by replicate.

    /usr/bin/python3 compare_runs.py BASE.h5 ALTERNATIVE.h5

A run file is netCDF-4: xarray opens it as it is (Debian: python3-xarray with python3-netcdf4 or python3-h5netcdf). The
root attribute `indicators` says how each indicator is read off the recorded counts and sums.
"""
import json
import sys

import xarray


def total(run, terms):
    """Sum of recorded variables; a leading minus subtracts."""
    return sum(-run[term[1:]] if term.startswith("-") else run[term] for term in terms)


def figures(run, indicator):
    """The indicator on (replicate, time); not a number where the denominator is zero."""
    def over(numerator, denominator):
        below = total(run, denominator) if denominator else 1
        return total(run, numerator) / (below.where(below != 0) if denominator else 1)

    value = indicator["factor"] * over(indicator["numerator"], indicator["denominator"])
    if indicator.get("reference_numerator"):  # a gap or ratio to others; files of older versions have none
        reference = over(indicator["reference_numerator"], indicator["reference_denominator"])
        value = value / reference.where(reference != 0)
    return indicator.get("offset", 0) + value


def main(base_file, alternative_file):
    base, alternative = xarray.open_dataset(base_file), xarray.open_dataset(alternative_file)
    for name in ("seed", "area", "scale", "start", "data_digest"):
        if base.attrs[name] != alternative.attrs[name]:
            sys.exit(f"{base_file} and {alternative_file} cannot be paired: {name} differs")
    month = min(base["time"].values[-1], alternative["time"].values[-1])
    print("indicator,month,base,alternative,difference,standard_error,replicates")
    for indicator in json.loads(base.attrs["indicators"]):
        try:
            first, second = (figures(run, indicator).sel(time=month) for run in (base, alternative))
        except KeyError:  # the run was made with less detail
            continue
        # Replicates with the same number share their random numbers, so the difference is taken before the mean.
        difference = (second - first).dropna("replicate")
        count = difference.sizes["replicate"]
        error = float(difference.std(ddof=1)) / count**0.5 if count > 1 else float("nan")
        kept = difference["replicate"]
        print(indicator["name"], str(month)[:7], float(first.sel(replicate=kept).mean()),
              float(second.sel(replicate=kept).mean()), float(difference.mean()), error, count, sep=",")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
