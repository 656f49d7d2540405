// What a run spends on each part of its program: `flowc explain --analyze`.
//
// A worker's profiler charges CPU time to the part that is at work; what a part calls is charged
// to what is called, so times are the parts' own and add up.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/exec/options.h"
#include "runtime/exec/routes.h"

namespace flow {

struct WorkerCounts;

// One a worker. Off, it costs a comparison.
class Profiler {
 public:
  enum class Part {
    kSource,  // reads, decodes, judges
    kPath,
    kUpdate,  // an aggregate takes rows
    kFinish,  // it makes rows
    kView,
  };
  Profiler(const program::Program& program, const Routes& routes, bool on);

  // From construction to destruction the part's time runs.
  class Timed {
   public:
    Timed(Profiler* profiler, Part part, int index)
        : profiler_(profiler->on_ ? profiler : nullptr) {
      if (profiler_ != nullptr) before_ = profiler_->Switch(profiler_->Slot(part, index));
    }
    ~Timed() {
      if (profiler_ != nullptr) profiler_->Switch(before_);
    }
    Timed(const Timed&) = delete;
    Timed& operator=(const Timed&) = delete;

   private:
    Profiler* const profiler_;
    int before_ = -1;
  };

  int64_t cpu_ns(Part part, int index) const { return ns_[static_cast<size_t>(Slot(part, index))]; }

 private:
  int Slot(Part part, int index) const { return first_[static_cast<size_t>(part)] + index; }
  // Returns the slot whose time ran; -1: nobody's.
  int Switch(int slot);

  const bool on_;
  int first_[5];
  std::vector<int64_t> ns_;
  int slot_ = -1;
  int64_t since_ns_ = 0;
};

// Fills RunReport::profile. `bytes`: by aggregate, at most; `view_rows`: by view, at the end.
void FillProfile(const program::Program& program, const Routes& routes,
                 const std::vector<const Profiler*>& profilers,
                 const std::vector<WorkerCounts*>& counts, const std::vector<int64_t>& bytes,
                 const std::vector<int64_t>& view_rows, RunReport* report);

}  // namespace flow
