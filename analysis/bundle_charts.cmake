# cmake -DVEGA=folder -DLICENCE=file -DDRAW=draw_charts.js -DOUT=file -P bundle_charts.cmake: one script of Vega's modules, its licence
# and what draws with them. Each module stands in a function of its own, since their browser form puts one in place of another.
file(READ "${LICENCE}" licence)
string(REPLACE "*/" "* /" licence "${licence}")
set(bundle "/*\n${licence}*/\n")
string(APPEND bundle [[
const chartModules = new Map();
function chartModule(name) {
  const found = chartModules.get(name);
  if (found.make) {
    const make = found.make;
    found.make = null;
    make(found.exports, found, chartModule);
  }
  return found.exports;
}
]])
# What draw_charts.js asks for, and what that asks for; a module that is missing is found when the bundle is tried.
foreach(name IN ITEMS util time format canvas loader scale statistics dataflow scenegraph selection expression functions event-selector
                      parser runtime view encode transforms view-transforms interpreter)
  file(READ "${VEGA}/vega-${name}.min.js" module)
  string(REGEX REPLACE "\n//# sourceMappingURL=[^\n]*" "" module "${module}")
  # The package's modules ask for this one by another name than its file's.
  string(REPLACE "vega-selection" "vega-selections" called "vega-${name}")
  string(APPEND bundle "chartModules.set(\"${called}\", { exports: {}, make(exports, module, require) {\n${module}\n} });\n")
endforeach()
file(READ "${DRAW}" draw)
string(APPEND bundle "{\nconst require = chartModule;\n${draw}}\n")
file(WRITE "${OUT}" "${bundle}")
