add_library(sluice_options INTERFACE)
target_include_directories(sluice_options INTERFACE ${PROJECT_SOURCE_DIR}/include)
target_compile_definitions(sluice_options INTERFACE SLUICE_VERSION="${PROJECT_VERSION}"
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_COROUTINE)
target_compile_options(sluice_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
  -Woverloaded-virtual -fno-strict-aliasing -fstack-protector-strong)
if(SLUICE_WERROR)
  target_compile_options(sluice_options INTERFACE -Werror)
endif()
if(SLUICE_SANITIZE)
  # -O1 keeps the sanitized integration tests fast enough to run on every commit.
  target_compile_options(sluice_options INTERFACE -fsanitize=${SLUICE_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all -O1 -g1)
  target_link_options(sluice_options INTERFACE -fsanitize=${SLUICE_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 reports false positives of these under sanitizers (GCC bugs 105329, 105651).
    target_compile_options(sluice_options INTERFACE -Wno-restrict -Wno-maybe-uninitialized -Wno-stringop-overread
      -Wno-stringop-overflow -Wno-array-bounds)
  endif()
  if(SLUICE_SANITIZE MATCHES "thread")
    target_compile_options(sluice_options INTERFACE -Wno-tsan)
  endif()
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_BUILD_TYPE STREQUAL "Release")
  # The same false positive when optimised (GCC bug 105329).
  target_compile_options(sluice_options INTERFACE -Wno-restrict)
endif()
if(SLUICE_COVERAGE)
  target_compile_options(sluice_options INTERFACE --coverage)
  target_link_options(sluice_options INTERFACE --coverage)
endif()

# One folder, one static library. Sources are globbed so that a new file needs no line here.
function(sluice_module name)
  cmake_parse_arguments(ARG "" "" "USES;LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  if(NOT sources)
    add_library(sluice_${name} INTERFACE)
    set(scope INTERFACE)
  else()
    add_library(sluice_${name} STATIC ${sources})
    set(scope PUBLIC)
  endif()
  target_link_libraries(sluice_${name} ${scope} sluice_options ${ARG_LINK})
  foreach(used ${ARG_USES})
    target_link_libraries(sluice_${name} ${scope} sluice_${used})
  endforeach()
endfunction()
