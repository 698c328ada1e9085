# Microsoft.GSL::GSL, which floe's headers need: the parent's, else a package's, else the bare headers. This tree and
# what is installed both include this file.
if(NOT TARGET Microsoft.GSL::GSL)
  find_package(Microsoft.GSL CONFIG QUIET)
endif()
if(NOT TARGET Microsoft.GSL::GSL)
  find_path(FLOE_GSL_INCLUDE_DIR gsl/span DOC "Where <gsl/span> is, when no package of GSL's says so")
  mark_as_advanced(FLOE_GSL_INCLUDE_DIR)
  if(FLOE_GSL_INCLUDE_DIR)
    add_library(Microsoft.GSL::GSL INTERFACE IMPORTED)
    target_include_directories(Microsoft.GSL::GSL INTERFACE "${FLOE_GSL_INCLUDE_DIR}")
  endif()
endif()
