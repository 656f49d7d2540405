// A pipeline's sinks without the pipeline: applies epochs 1 to N, whose content is known, through a
// Kafka target, from wherever the markers say. For faults_test.py, which kills it and its broker.
//   epoch_writer BROKERS --topics NAME...      makes topics of one partition
//   epoch_writer BROKERS UID UPSERTS_TOPIC LOG_TOPIC N [--pause MS] [--die EPOCH flushed|committing
//   US]
// Exit codes: 0 all are applied, 1 the markers are not what they must be, 3 a data error.
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

#include "runtime/connector/kafka/admin.h"
#include "runtime/connector/kafka/kafka_target.h"

namespace {

using flow::Batch;
using flow::Datum;
using flow::EpochMarker;
using flow::TypeKind;
using Moment = flow::kafka::Transactions::Moment;

EpochMarker At(int64_t epoch) {
  char hex[17];
  std::snprintf(hex, sizeof hex, "%016llx", static_cast<unsigned long long>(epoch));
  return {epoch, hex};
}

// Must be what faults_test.py expects.
void Fill(int64_t epoch, Batch* upserts, Batch* log) {
  auto add = [](Batch* batch, int64_t key, int64_t value, int64_t weight) {
    batch->Reserve(batch->rows + 1);
    WriteCell(batch->column(0), batch->rows, Datum::Int(TypeKind::kBigint, key),
              batch->arena().abi());
    WriteCell(batch->column(1), batch->rows, Datum::Int(TypeKind::kBigint, value),
              batch->arena().abi());
    batch->weights.push_back(weight);
    ++batch->rows;
  };
  for (int64_t i = 0; i <= epoch % 7; ++i) add(log, epoch, i, 1);
  add(upserts, epoch % 10, epoch, 1);
  if (epoch % 5 == 0) add(upserts, (epoch + 3) % 10, epoch, -1);
}

void AddSink(flow::program::Program* program, const std::string& name, const std::string& brokers,
             const std::string& topic, bool append) {
  flow::program::View view;
  view.name = name;
  view.columns =
      append ? std::vector<std::string>{"epoch", "i"} : std::vector<std::string>{"k", "epoch"};
  view.types = {TypeKind::kBigint, TypeKind::kBigint};
  view.append_only = append;
  if (!append) view.key = {0};
  program->views.push_back(view);
  flow::program::Sink sink;
  sink.name = name;
  sink.view = static_cast<int>(program->views.size()) - 1;
  sink.connector = flow::program::Connector::kKafka;
  sink.options = {{"brokers", brokers}, {"topic", topic}};
  sink.upsert = !append;
  program->sinks.push_back(sink);
}

// Ends the program for what can not be waited for.
void WaitOrEnd(const flow::Error& error) {
  std::fprintf(stderr, "%s\n", error.message.c_str());
  if (error.domain != flow::ErrorDomain::kExternal) _exit(3);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
}

// The epoch that both sinks hold.
int64_t Attach(flow::EpochTarget* target) {
  for (;;) {
    auto markers = target->Attach();
    if (!markers.ok()) {
      WaitOrEnd(markers.error());
      continue;
    }
    bool created = true;
    for (size_t i = 0; i < 2 && created; ++i) {
      if (markers.value()[i].has_value()) continue;
      const flow::Status status = target->Create(target->sinks()[i], At(0));
      created = status.ok();
      if (created) {
        markers.value()[i] = At(0);
      } else {
        WaitOrEnd(status.error());
      }
    }
    if (!created) continue;
    const EpochMarker& first = *markers.value()[0];
    if (first == *markers.value()[1] && first == At(first.epoch)) return first.epoch;
    std::fprintf(stderr, "markers %lld %s and %lld %s\n", static_cast<long long>(first.epoch),
                 first.manifest.c_str(), static_cast<long long>(markers.value()[1]->epoch),
                 markers.value()[1]->manifest.c_str());
    _exit(1);
  }
}

int MakeTopics(const std::string& brokers, int count, char** topics) {
  auto client = flow::kafka::Client::Create("topics", flow::kafka::Role::kProducer, brokers, {});
  if (!client.ok()) return 1;
  for (int i = 0; i < count; ++i) {
    const flow::Status status = flow::kafka::CreateTopic(client.value().get(), topics[i], {});
    if (status.ok()) continue;
    std::fprintf(stderr, "%s\n", status.error().message.c_str());
    return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2 && std::strcmp(argv[2], "--topics") == 0) {
    return MakeTopics(argv[1], argc - 3, argv + 3);
  }
  if (argc < 6) return 2;
  flow::program::Program program;
  AddSink(&program, "upserts", argv[1], argv[3], false);
  AddSink(&program, "log", argv[1], argv[4], true);
  const int64_t last = std::atoll(argv[5]);
  int pause_ms = 0;
  int64_t dies_at = -1;
  Moment dies_when = Moment::kFlushed;
  int dies_after_us = 0;
  for (int i = 6; i < argc; ++i) {
    if (std::strcmp(argv[i], "--pause") == 0 && i + 1 < argc) {
      pause_ms = std::atoi(argv[++i]);
    } else if (std::strcmp(argv[i], "--die") == 0 && i + 3 < argc) {
      dies_at = std::atoll(argv[++i]);
      dies_when = std::strcmp(argv[++i], "flushed") == 0 ? Moment::kFlushed : Moment::kCommitting;
      dies_after_us = std::atoi(argv[++i]);
    } else {
      return 2;
    }
  }
  int64_t epoch = 0;
  flow::KafkaTargetOptions options;
  options.observer = [&](Moment moment) {
    if (epoch != dies_at || moment != dies_when) return;
    // While the request to commit is on its way.
    std::thread([dies_after_us] {
      std::this_thread::sleep_for(std::chrono::microseconds(dies_after_us));
      kill(getpid(), SIGKILL);
    }).detach();
  };
  auto targets = flow::OpenKafkaTargets(program, {argv[2]}, options);
  if (!targets.ok()) WaitOrEnd(targets.error());
  flow::EpochTarget* const target = targets.value().front().get();
  int64_t held = Attach(target);
  std::printf("attached %lld\n", static_cast<long long>(held));
  while (held < last) {
    epoch = held + 1;
    Batch upserts({TypeKind::kBigint, TypeKind::kBigint}, 4);
    Batch log({TypeKind::kBigint, TypeKind::kBigint}, 8);
    Fill(epoch, &upserts, &log);
    const flow::Status status = target->Apply({{target->sinks()[0], At(held), At(epoch), &upserts},
                                               {target->sinks()[1], At(held), At(epoch), &log}});
    if (status.ok()) {
      held = epoch;
    } else {
      WaitOrEnd(status.error());
      const int64_t found = Attach(target);
      std::printf("attached %lld\n", static_cast<long long>(found));
      if (found != held && found != epoch) {
        std::fprintf(stderr, "epoch %lld after %lld\n", static_cast<long long>(found),
                     static_cast<long long>(epoch));
        return 1;
      }
      held = found;
    }
    std::printf("epoch %lld\n", static_cast<long long>(held));
    std::fflush(stdout);
    if (pause_ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(pause_ms));
  }
  return 0;
}
