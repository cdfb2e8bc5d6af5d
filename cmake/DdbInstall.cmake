# Installs every module and the package file, so that find_package(DDBDjango) gives DDBDjango::<module>.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
get_property(modules GLOBAL PROPERTY DDB_MODULES)
get_property(folders GLOBAL PROPERTY DDB_MODULE_FOLDERS)
install(TARGETS ddb_options ${modules} EXPORT DDBDjangoTargets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS ddb-embed EXPORT DDBDjangoTargets RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${CMAKE_CURRENT_LIST_DIR}/DdbAssets.cmake DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/DDBDjango)
install(TARGETS ddbdjango ddb-local RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
foreach(folder IN LISTS folders)
  file(RELATIVE_PATH relative ${PROJECT_SOURCE_DIR} ${folder})
  file(GLOB headers CONFIGURE_DEPENDS ${folder}/*.h)
  # What the tests share is not installed; web's TestClient is part of web.
  list(FILTER headers EXCLUDE REGEX "/test_[^/]*\\.h$")
  if(relative STREQUAL "web")
    list(APPEND headers ${folder}/test_client.h)
  endif()
  install(FILES ${headers} DESTINATION include/ddbdjango/${relative})
endforeach()
install(EXPORT DDBDjangoTargets NAMESPACE DDBDjango:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/DDBDjango)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/DDBDjangoConfig.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/DDBDjangoConfig.cmake INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/DDBDjango)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/DDBDjangoConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/DDBDjangoConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/DDBDjangoConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/DDBDjango)
