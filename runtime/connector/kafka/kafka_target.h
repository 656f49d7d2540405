// INTO KAFKA, exactly once: one target for all of a pipeline's sinks on one cluster, so that all
// their topics move together.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "runtime/connector/epoch_target.h"
#include "runtime/connector/kafka/transactions.h"

namespace flow {

struct KafkaTargetOptions {
  // Transactions that take longer are given up; each that did doubles it, as far as brokers allow.
  int transaction_timeout_ms = 60000;
  std::function<void(kafka::Transactions::Moment)> observer;  // for tests
};

// One target for each list of brokers that KAFKA sinks of `program` name. Sinks of one list share a
// producer, so what they say about connection and producer must agree. `program` must outlive them.
Result<std::vector<std::unique_ptr<EpochTarget>>> OpenKafkaTargets(
    const program::Program& program, const PipelineIdentity& pipeline,
    const KafkaTargetOptions& options = {});

}  // namespace flow
