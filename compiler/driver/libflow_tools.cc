// The public interface include/flow/tools.h.
#include <flow/tools.h>

#include "compiler/driver/peek.h"
#include "compiler/driver/program_impl.h"
#include "compiler/driver/skeleton.h"

namespace libflow {

namespace {

PeekResult Finish(const flow::Status& status, const flow::PeekCounts& counts) {
  PeekResult result;
  result.records = counts.records;
  result.with_errors = counts.with_errors;
  result.dead = counts.dead;
  if (status.ok()) return result;
  result.code = CodeOf(status.error().domain);
  result.error = status.error().message;
  result.hint = status.error().hint;
  return result;
}

flow::PeekOptions Translate(const PeekOptions& options) {
  return {options.what, options.limit, options.json, options.only_errors, options.secrets};
}

}  // namespace

PeekResult PeekRecords(const PeekOptions& options,
                       const std::function<void(const std::string&)>& out) {
  flow::PeekCounts counts;
  const flow::Status status = flow::PeekRecords(Translate(options), out, &counts);
  return Finish(status, counts);
}

PeekResult PeekSource(Program& program, const PeekOptions& options,
                      const std::function<void(const std::string&)>& out) {
  flow::PeekCounts counts;
  const flow::Status status =
      flow::PeekSource(program.impl().compilation->bound, Translate(options), out, &counts);
  return Finish(status, counts);
}

SkeletonResult MakeSkeleton(const SkeletonOptions& options) {
  SkeletonResult result;
  flow::Result<flow::Skeleton> made =
      flow::MakeSkeleton({options.name, options.data, options.from, options.limit});
  if (made.ok()) {
    result.text = std::move(made.value().text);
    result.data = std::move(made.value().data);
    result.summary = std::move(made.value().summary);
  } else {
    result.code = CodeOf(made.error().domain);
    result.error = made.error().message;
    result.hint = made.error().hint;
  }
  return result;
}

}  // namespace libflow
