# Folders that are built into a program. Debug reads them from disk.
#
# ddb_templates(<target> FOLDER <folder> NAMESPACE <name space> [PREFIX <prefix>])
# ddb_static(<target> FOLDER <folder> NAMESPACE <name space> [PREFIX <prefix>])
#
# Give <target> the function `web::TemplateFolder templates()` (`web::StaticFolder static_files()`) of that name space, with
# the files below <folder>, whose names begin with the prefix. Declare it where it is used.
function(ddb_templates target)
  ddb_embed_folder(templates ${target} ${ARGN})
endfunction()
function(ddb_static target)
  ddb_embed_folder(static ${target} ${ARGN})
endfunction()

function(ddb_embed_folder kind target)
  cmake_parse_arguments(arg "" "FOLDER;NAMESPACE;PREFIX" "" ${ARGN})
  if(NOT arg_FOLDER OR NOT arg_NAMESPACE)
    message(FATAL_ERROR "ddb_${kind}(${target} FOLDER <folder> NAMESPACE <name space>)")
  endif()
  set(folder ${CMAKE_CURRENT_SOURCE_DIR}/${arg_FOLDER})
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${folder}/*)
  file(RELATIVE_PATH source ${CMAKE_SOURCE_DIR} ${folder})
  string(REPLACE "::" "_" made "${arg_NAMESPACE}_${kind}.cc")
  set(made ${CMAKE_CURRENT_BINARY_DIR}/${made})
  set(program ddb-embed)
  if(NOT TARGET ${program})
    set(program DDBDjango::ddb-embed)  # of the installed package
  endif()
  add_custom_command(OUTPUT ${made}
    COMMAND ${program} ${kind} ${folder} ${source} ${arg_NAMESPACE} "${arg_PREFIX}" ${made}
    DEPENDS ${program} ${files} VERBATIM)
  target_sources(${target} PRIVATE ${made})
endfunction()
