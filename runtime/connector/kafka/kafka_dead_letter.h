// DEAD LETTER TO KAFKA (brokers = ..., topic = ...).
#pragma once

#include <memory>

#include "runtime/connector/connector.h"

namespace flow {

// Key: DeadLetterKey; value: DeadLetterJson. At least once: after a restart a record may be written
// again, with the same key.
Result<std::unique_ptr<DeadLetterSink>> OpenKafkaDeadLetter(const program::DeadLetter& spec);

}  // namespace flow
