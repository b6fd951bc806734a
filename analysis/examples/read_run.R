# A share by district from a run file: mean over replicates in the last month, as CSV.
#
#   Rscript read_run.R RUN.h5 NUMERATOR DENOMINATOR       (Debian: r-cran-ncdf4)
#
# A run file is netCDF-4. R puts the dimensions in the opposite order: (district, time, replicate).
library(ncdf4)

arguments <- commandArgs(trailingOnly = TRUE)
if (length(arguments) != 3) stop("usage: Rscript read_run.R RUN.h5 NUMERATOR DENOMINATOR")
run <- nc_open(arguments[1])
counts <- function(base) {
  variable <- paste0(base, "_by_district")
  if (!variable %in% names(run$var)) stop(arguments[1], " has no ", variable, "; districts are kept by: arraigo run ... --detail districts", call. = FALSE)
  ncvar_get(run, variable, collapse_degen = FALSE)
}
numerator <- counts(arguments[2])
denominator <- counts(arguments[3])
last <- dim(numerator)[2]
share <- rowMeans(matrix(numerator[, last, ] / denominator[, last, ], nrow = dim(numerator)[1]))
write.csv(data.frame(district = run$dim$district$vals,
                     name = ncvar_get(run, "district_label_es"),
                     month = format(as.Date(run$dim$time$vals[last], origin = "1970-01-01"), "%Y-%m"),
                     share = share),
          row.names = FALSE)
nc_close(run)
