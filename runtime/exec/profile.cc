// Gives Profiler and FillProfile.
#include "runtime/exec/profile.h"

#include <ctime>

#include "runtime/exec/run_common.h"

namespace flow {

namespace {

int64_t ThreadCpuNs() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

Profiler::Profiler(const program::Program& program, const Routes& routes, bool on) : on_(on) {
  const size_t sizes[] = {program.sources.size(), routes.all.size(), program.aggregates.size(),
                          program.aggregates.size(), program.views.size()};
  int next = 0;
  for (size_t part = 0; part < 5; ++part) {
    first_[part] = next;
    next += static_cast<int>(sizes[part]);
  }
  ns_.assign(static_cast<size_t>(next), 0);
}

int Profiler::Switch(int slot) {
  const int64_t now = ThreadCpuNs();
  const int before = slot_;
  if (before >= 0) ns_[static_cast<size_t>(before)] += now - since_ns_;
  slot_ = slot;
  since_ns_ = now;
  return before;
}

void FillProfile(const program::Program& program, const Routes& routes,
                 const std::vector<const Profiler*>& profilers,
                 const std::vector<WorkerCounts*>& counts, const std::vector<int64_t>& bytes,
                 const std::vector<int64_t>& view_rows, RunReport* report) {
  using Part = Profiler::Part;
  auto time = [&](Part part, size_t index) {
    int64_t ns = 0;
    for (const Profiler* profiler : profilers) {
      ns += profiler->cpu_ns(part, static_cast<int>(index));
    }
    return ns / 1000;
  };
  RunProfile& profile = report->profile.emplace();
  profile.sources.resize(program.sources.size());
  profile.pipelines.resize(program.pipelines.size());
  profile.aggregates.resize(program.aggregates.size());
  profile.finals.resize(program.aggregates.size());
  profile.views.resize(program.views.size());
  for (size_t s = 0; s < program.sources.size(); ++s) {
    PartProfile& part = profile.sources[s];
    part.rows_in = report->sources[s].read;
    part.rows_out = report->sources[s].decoded;
    part.cpu_us = time(Part::kSource, s);
  }
  for (size_t p = 0; p < routes.all.size(); ++p) {
    const Route& route = routes.all[p];
    PathCounts sum;
    for (const WorkerCounts* worker : counts) sum.Add(worker->paths[p]);
    PartProfile& part = profile.pipelines[static_cast<size_t>(route.pipeline)];
    part.rows_in += sum.decoded;
    part.rows_out += sum.produced;
    part.cpu_us += time(Part::kPath, p);
    auto& consumers = route.to == Route::To::kView ? profile.views : profile.aggregates;
    consumers[static_cast<size_t>(route.index)].rows_in += sum.produced;
    // All paths from an aggregate are given the same rows, but for those that leave.
    if (route.from_source || route.leaves) continue;
    int64_t& out = profile.finals[static_cast<size_t>(route.from)].rows_out;
    out = std::max(out, sum.decoded);
  }
  for (size_t a = 0; a < program.aggregates.size(); ++a) {
    profile.aggregates[a].cpu_us = time(Part::kUpdate, a);
    profile.aggregates[a].bytes = profile.finals[a].bytes = bytes[a];
    profile.aggregates[a].rows_out = profile.finals[a].rows_out;
    profile.finals[a].rows_in = profile.aggregates[a].rows_in;
    profile.finals[a].cpu_us = time(Part::kFinish, a);
  }
  for (size_t v = 0; v < program.views.size(); ++v) {
    profile.views[v].rows_out = view_rows[v];
    profile.views[v].cpu_us = time(Part::kView, v);
  }
}

}  // namespace flow
