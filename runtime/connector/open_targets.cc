// Gives OpenEpochTargets: the explicit list of sinks that take whole epochs.
#include "runtime/connector/epoch_target.h"
#include "runtime/connector/file/file_target.h"
#include "runtime/connector/http/http_target.h"
#include "runtime/connector/kafka/kafka_target.h"
#include "runtime/connector/postgres/postgres_target.h"
#include "runtime/connector/redis/redis_target.h"

namespace flow {

Result<std::vector<std::unique_ptr<EpochTarget>>> OpenEpochTargets(
    const program::Program& program, const PipelineIdentity& pipeline,
    const std::function<bool()>& interrupted) {
  // One for each cluster; the others have one each.
  FLOW_TRY(std::vector<std::unique_ptr<EpochTarget>> targets, OpenKafkaTargets(program, pipeline));
  for (size_t i = 0; i < program.sinks.size(); ++i) {
    const int sink = static_cast<int>(i);
    switch (program.sinks[i].connector) {
      case program::Connector::kFile: {
        FLOW_TRY(auto target, OpenFileTarget(program, sink, pipeline));
        targets.push_back(std::move(target));
        break;
      }
      case program::Connector::kPostgres: {
        FLOW_TRY(auto target, OpenPostgresTarget(program, sink, pipeline));
        targets.push_back(std::move(target));
        break;
      }
      case program::Connector::kRedis: {
        FLOW_TRY(auto target, OpenRedisTarget(program, sink, pipeline));
        targets.push_back(std::move(target));
        break;
      }
      case program::Connector::kHttp: {
        FLOW_TRY(auto target, OpenHttpTarget(program, sink, pipeline, interrupted));
        targets.push_back(std::move(target));
        break;
      }
      case program::Connector::kKafka:
      // The runtime's own: see runtime/exec.
      case program::Connector::kStdout:
      // Nothing outside.
      case program::Connector::kNull:
      case program::Connector::kChecksum:
      // Sources only.
      case program::Connector::kNexmark:
      case program::Connector::kDatagen:
      case program::Connector::kInline:
        break;
    }
  }
  return targets;
}

}  // namespace flow
