# Writes HEADER with the commit of SOURCE_DIR and the packages of the machine, and touches it only when the text differs.
execute_process(COMMAND git -C "${SOURCE_DIR}" rev-parse --short=12 HEAD
                OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(commit "unknown")
else()
  execute_process(COMMAND git -C "${SOURCE_DIR}" status --porcelain --untracked-files=no
                  OUTPUT_VARIABLE changes ERROR_QUIET)
  if(changes)
    string(APPEND commit "+changes")
  endif()
endif()
# The Debian packages from which the program is made, as they are now: what tests/setup.sh installs to build it.
set(names g++ libc6-dev libtbb-dev libboost-dev libhdf5-dev libyaml-cpp-dev libfmt-dev libcli11-dev nlohmann-json3-dev librandom123-dev libssl-dev
          libimgui-dev libglfw3-dev libfreetype-dev)
set(packages "")
foreach(name IN LISTS names)
  execute_process(COMMAND dpkg-query -W -f "\${binary:Package}=\${Version}" ${name}
                  OUTPUT_VARIABLE found OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed AND found)
    string(REGEX REPLACE "^[^=]*=" "${name} " found "${found}")
    list(APPEND packages "${found}")
  endif()
endforeach()
list(JOIN packages ", " packages)
if(NOT packages)
  set(packages "unknown")
endif()
file(CONFIGURE OUTPUT "${HEADER}" CONTENT "#define ARRAIGO_COMMIT \"${commit}\"\n#define ARRAIGO_PACKAGES \"${packages}\"\n")
