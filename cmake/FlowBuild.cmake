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
  if(FLOW_SANITIZE MATCHES "address")
    # The address sanitizer sees the first three; with the fourth they double the time to compile.
    list(APPEND FLOW_FLAGS -fno-sanitize=null,vptr,object-size,alignment)
  endif()
  list(APPEND FLOW_LINK_FLAGS -fsanitize=${FLOW_SANITIZE})
  # GCC's flow analysis is confused by instrumented code.
  list(APPEND FLOW_FLAGS -Wno-maybe-uninitialized)
  # A source that is compiled with others is taken for a header. (Those it would be said of have mutants, so
  # they are compiled alone where there are mutants.)
  list(APPEND FLOW_FLAGS -Wno-subobject-linkage)
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

# Sources of one folder are compiled a few at a time, as if they were one file: half of a file's time is its
# headers'. (So names in unnamed namespaces are unique in a folder.)
option(FLOW_UNITY "Compile several sources of a folder at once" ON)
set(FLOW_UNITY_SOURCES 4)

function(flow_compile_together target sources)
  set(before "")
  foreach(source ${sources})
    get_filename_component(folder ${source} DIRECTORY)
    if(NOT folder STREQUAL before)
      set(count 0)
      set(before ${folder})
    endif()
    math(EXPR group "${count} / ${FLOW_UNITY_SOURCES}")
    math(EXPR count "${count} + 1")
    file(RELATIVE_PATH name ${CMAKE_SOURCE_DIR} ${folder})
    string(REPLACE "/" "_" name ${name})
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP "${name}_${group}")
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${FLOW_UNITY} UNITY_BUILD_MODE GROUP)
endfunction()

# A source of which a test has another version: it stays an object of its own in its library, so that the
# linker takes the one or the other.
function(flow_compile_alone file)
  string(REGEX MATCH "^[^/]+/[^/]+" folder ${file})
  flow_target_name(${folder} target)
  set_source_files_properties(${CMAKE_SOURCE_DIR}/${file} TARGET_DIRECTORY ${target}
                              PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# A static library of the sources of one folder. The names after it are folders it may use.
function(flow_library folder)
  flow_target_name(${folder} target)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.cc)
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  if(sources)
    add_library(${target} STATIC ${sources})
    flow_compile_together(${target} "${sources}")
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
