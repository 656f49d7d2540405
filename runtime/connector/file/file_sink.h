// INTO FILE (path = ...): rows of append-only views, changes of updating ones; JSON lines or CSV.
#pragma once

#include <memory>

#include "runtime/connector/connector.h"

namespace flow {

// The file is emptied first: what a run writes is at least once, and whole only at its end.
// `replace`: what the file held stays until then.
Result<std::unique_ptr<SinkConnector>> OpenFileSink(const program::Sink& sink,
                                                    const program::View& view, bool replace);

}  // namespace flow
