"""A run file opens as it is in the readers that researchers use: netcdf_test.py MAKE_RUN_FILE (the program that writes one)."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

import h5py
import netCDF4
import numpy
import xarray

MAKE_RUN_FILE = sys.argv.pop(1)


class RunFileInOtherReaders(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = str(pathlib.Path(cls.folder.name) / "sample.h5")
        subprocess.run([MAKE_RUN_FILE, cls.path], check=True)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def check_dataset(self, data):
        self.assertEqual(dict(data.sizes), {"replicate": 4, "time": 3, "sex": 2, "district": 3})
        self.assertEqual(data["employed"].dims, ("replicate", "time"))
        self.assertEqual(data["employed_by_district"].dims, ("replicate", "time", "district"))
        # The figures of the sample: 500 + 100 month + 10 key + replicate squared.
        expected = [[[500 + 100 * m + 10 * k + r * r for k in range(3)] for m in range(3)] for r in range(4)]
        numpy.testing.assert_array_equal(data["employed_by_district"].values, expected)
        self.assertEqual(data["employed_by_district"].sel(district="070101", replicate=1).values.tolist(), [521, 621, 721])
        self.assertEqual([str(t)[:10] for t in data["time"].values], ["2026-11-01", "2026-12-01", "2027-01-01"])
        self.assertEqual(data["district_label_es"].values.tolist(), ["Lima", "Ancón", "Callao"])
        self.assertEqual(data["district_zone"].dims, ("district",))
        # No variable may become a duration or a float on its way in.
        for name, variable in data.data_vars.items():
            if "time" in variable.dims:
                self.assertEqual(variable.dtype, numpy.int64, name)
        # Axes, labels and hashes are documented like figures. xarray takes the units of time away and keeps them apart.
        for name, variable in data.variables.items():
            for attribute in ("units", "long_name", "long_name_es", "definition", "definition_es"):
                self.assertIn(attribute, {**variable.encoding, **variable.attrs}, name)
        self.assertEqual(data.attrs["Conventions"], "CF-1.8")
        self.assertEqual(data.attrs["complete"], 1)
        self.assertEqual(data.attrs["seed"], 7)
        self.assertIn("start: 2026-11", data.attrs["scenario"])
        self.assertEqual(data["state_hash"].values.tolist()[1], "0123456789abcdf0")
        self.assertEqual(data["employed"].attrs["long_name_es"], "Personas ocupadas")
        self.assertEqual(data["employed"].attrs["cell_methods"], "time: point")

    def test_xarray_default_engine(self):
        with xarray.open_dataset(self.path) as data:
            self.check_dataset(data)

    def test_xarray_netcdf4_engine(self):
        with xarray.open_dataset(self.path, engine="netcdf4") as data:
            self.check_dataset(data)

    def test_xarray_h5netcdf_engine(self):
        with xarray.open_dataset(self.path, engine="h5netcdf") as data:
            self.check_dataset(data)

    def test_h5py(self):
        with h5py.File(self.path) as file:
            self.assertEqual(file["employed"][1].tolist(), [501, 601, 701])
            self.assertEqual(file["district"].asstr()[:].tolist(), ["150101", "150102", "070101"])
            self.assertEqual([dim[0].name for dim in file["employed_by_sex"].dims], ["/replicate", "/time", "/sex"])
            self.assertEqual(file.attrs["title_es"], "Línea de base")
            for name, dataset in file.items():
                self.assertEqual(len(dataset.attrs["sha256"]), 64, name)
                if dataset.dtype.kind == "i":
                    self.assertTrue(dataset.fletcher32 and dataset.shuffle and dataset.compression == "gzip", name)

    def test_netcdf4_python(self):
        with netCDF4.Dataset(self.path) as data:
            self.assertEqual(data["employed_by_sex"].dimensions, ("replicate", "time", "sex"))
            dates = netCDF4.num2date(data["time"][:], data["time"].units, data["time"].calendar)
            self.assertEqual(dates[2].strftime("%Y-%m-%d"), "2027-01-01")
            self.assertEqual(list(data["sex_label_es"][:]), ["mujeres", "hombres"])

    def test_the_example_reads_indicators_off_the_file(self):
        example = pathlib.Path(__file__).resolve().parents[2] / "analysis" / "examples" / "compare_runs.py"
        printed = subprocess.run([sys.executable, example, self.path, self.path], check=True, capture_output=True, text=True).stdout
        rows = {line.split(",")[0]: line.split(",") for line in printed.splitlines()}
        self.assertEqual(set(rows), {"indicator", "employment_share", "not_employed", "refusals_per_adult", "travel_gap"})
        expected = sum(100 * (700 + r * r) / (1200 + r * r) for r in range(4)) / 4
        self.assertAlmostEqual(float(rows["employment_share"][2]), expected, places=12)
        self.assertEqual([float(field) for field in rows["not_employed"][2:6]], [500, 500, 0, 0])
        self.assertEqual(rows["not_employed"][1], "2027-01")


if __name__ == "__main__":
    unittest.main()
