// FROM INLINE (VALUES ...): rows that stand in the program.
#pragma once

#include <memory>

#include "runtime/connector/connector.h"

namespace flow {

// `source` must outlive it. Offsets count rows.
Result<std::unique_ptr<SourceConnector>> OpenInlineSource(const program::Source& source);

}  // namespace flow
