# Compiler settings and the few functions that the folders' lists use.
find_program(FLOW_CCACHE ccache)
if(FLOW_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${FLOW_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${FLOW_CCACHE})
endif()
find_program(FLOW_MOLD mold)
if(FLOW_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)

# Floating point must not depend on the compiler's mood: no fused multiply-add anywhere.
set(FLOW_FLAGS -Wall -Wextra -Wpedantic -Werror -Werror=switch -Wno-pedantic
    -ffp-contract=off -fno-omit-frame-pointer)
set(FLOW_LINK_FLAGS "")
if(FLOW_SANITIZE)
  list(APPEND FLOW_FLAGS -fsanitize=${FLOW_SANITIZE} -fno-sanitize-recover=all -g1)
  list(APPEND FLOW_LINK_FLAGS -fsanitize=${FLOW_SANITIZE})
  # GCC's flow analysis is confused by instrumented code.
  list(APPEND FLOW_FLAGS -Wno-maybe-uninitialized)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
if(FLOW_SANITIZE)
  set(CMAKE_CXX_FLAGS_RELEASE "-O1")  # with asserts; half the time to compile of -O2
endif()
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g")

add_library(flow_settings INTERFACE)
target_include_directories(flow_settings INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/include)
target_compile_options(flow_settings INTERFACE ${FLOW_FLAGS})
target_link_options(flow_settings INTERFACE ${FLOW_LINK_FLAGS})
target_link_libraries(flow_settings INTERFACE Threads::Threads)

# runtime/base -> flow_runtime_base
function(flow_target_name folder out)
  string(REPLACE "/" "_" name ${folder})
  set(${out} flow_${name} PARENT_SCOPE)
endfunction()

# A static library of the sources of one folder. The names after it are folders it may use.
function(flow_library folder)
  flow_target_name(${folder} target)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.cc)
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  if(sources)
    add_library(${target} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(${target} PUBLIC flow_settings)
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  foreach(dependency ${ARGN})
    flow_target_name(${dependency} name)
    target_link_libraries(${target} ${scope} ${name})
  endforeach()
endfunction()
