// INTO KAFKA (brokers = ..., topic = ...): rows as JSON.
#pragma once

#include <memory>

#include "runtime/connector/connector.h"

namespace flow {

// Key: an object of the view's key columns (an append-only view: none); value: the row; a deleted
// key has a null value.
Result<std::unique_ptr<SinkConnector>> OpenKafkaSink(const program::Sink& sink,
                                                     const program::View& view);

}  // namespace flow
