/// The tables of a data folder are read with the project's one reader of comma-separated files, which lives in core
/// because districts (sim/params) are read with it too.
#pragma once
#include "core/csv.hpp"
