// twin: queries of the benchmark as somebody would write them by hand in C++, with one thread. What
// flowc takes longer than its twin is what the compiler and the engine add.
//
//   twin QUERY [--rows] FILE...     the number of rows and their hash, as flowc run --digest; or
//   the rows
#include <cstdio>
#include <cstring>
#include <string>

#include "tests/perf/twin/twin.h"

namespace {

struct Query {
  const char* name;
  void (*run)(const flow::twin::Paths&, bool);
};

constexpr Query kQueries[] = {
    {"clicks", flow::twin::Clicks},
    {"q0", flow::twin::Q0},
    {"q1", flow::twin::Q1},
    {"q2", flow::twin::Q2},
    {"q11", flow::twin::Q11},
    {"q12", flow::twin::Q12},
    {"q14", flow::twin::Q14},
    {"q15", flow::twin::Q15},
    {"q16", flow::twin::Q16},
    {"q17", flow::twin::Q17},
    {"q21", flow::twin::Q21},
    {"q22", flow::twin::Q22},
    {"ysb", flow::twin::Ysb},
    {"hop5m", flow::twin::Hop5m},
    {"groups1k", flow::twin::Groups},
    {"groups1m", flow::twin::Groups},
    {"groups10m", flow::twin::Groups},
};

}  // namespace

int main(int argc, char** argv) {
  const bool print = argc > 2 && std::strcmp(argv[2], "--rows") == 0;
  const int first = print ? 3 : 2;
  if (argc > first) {
    for (const Query& query : kQueries) {
      if (std::strcmp(query.name, argv[1]) != 0) continue;
      query.run(flow::twin::Paths(argv + first, argv + argc), print);
      return 0;
    }
  }
  std::fputs("usage: twin QUERY [--rows] FILE...; the queries:", stderr);
  for (const Query& query : kQueries) std::fprintf(stderr, " %s", query.name);
  std::fputs("\n", stderr);
  return 2;
}
