// From the creation of an event to its row at a consumer: writes events to a topic at a fixed rate,
// reads the topic that a pipeline writes, and prints how long the rows took. The rate is kept
// whatever happens (open loop): an event's time is when it was due, so waiting in the producer
// counts.
//   latency BROKERS IN OUT --rate N --seconds N --warm-up N
// IN has partitions of its own choosing; each event is
// {"user_id":N,"page":"/pN","revenue":N.NN,"created":US}, and each row of OUT must hold its
// "created". Events of the first --warm-up seconds are not counted. stdout: one line of JSON. Exit
// codes: 0 all rows came, 1 some did not within 30 s, 2 usage, 3 a broker's error.
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr char kCreated[] = "\"created\":";
constexpr int kStepUs = 1000;

int64_t NowUs() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "latency: %s\n", what.c_str());
  std::exit(3);
}

rd_kafka_t* Client(rd_kafka_type_t type,
                   std::initializer_list<std::pair<const char*, std::string>> settings) {
  char error[512];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf, name, value.c_str(), error, sizeof error) != RD_KAFKA_CONF_OK) {
      Fail(error);
    }
  }
  rd_kafka_t* handle = rd_kafka_new(type, conf, error, sizeof error);
  if (handle == nullptr) Fail(error);
  return handle;
}

int Partitions(rd_kafka_t* handle, const std::string& topic) {
  rd_kafka_topic_t* of = rd_kafka_topic_new(handle, topic.c_str(), nullptr);
  const rd_kafka_metadata_t* metadata = nullptr;
  if (rd_kafka_metadata(handle, 0, of, &metadata, 10'000) != RD_KAFKA_RESP_ERR_NO_ERROR ||
      metadata->topic_cnt != 1 || metadata->topics[0].partition_cnt == 0) {
    Fail("can not find the topic " + topic);
  }
  const int count = metadata->topics[0].partition_cnt;
  rd_kafka_metadata_destroy(metadata);
  rd_kafka_topic_destroy(of);
  return count;
}

struct Load {
  std::string brokers, in, out;
  int64_t rate = 100'000, seconds = 20, warm_up = 5;
};

// Sends what is due, in steps of a millisecond. Returns how late the last step of each second was
// at worst.
int64_t Produce(const Load& load, std::atomic<int64_t>* counted_from) {
  rd_kafka_t* producer = Client(RD_KAFKA_PRODUCER, {{"bootstrap.servers", load.brokers},
                                                    {"linger.ms", "1"},
                                                    {"acks", "1"},
                                                    {"queue.buffering.max.messages", "2000000"}});
  const int partitions = Partitions(producer, load.in);
  rd_kafka_topic_t* topic = rd_kafka_topic_new(producer, load.in.c_str(), nullptr);
  const int64_t begin = NowUs() + 10'000;
  counted_from->store(begin + load.warm_up * 1'000'000);
  const int64_t total = load.rate * (load.warm_up + load.seconds);
  int64_t latest = 0;
  char text[160];
  for (int64_t i = 0; i < total;) {
    const int64_t due = begin + i * 1'000'000 / load.rate;
    if (const int64_t wait = due - NowUs(); wait > 0) {
      std::this_thread::sleep_for(std::chrono::microseconds(std::min<int64_t>(wait, kStepUs)));
      continue;
    }
    latest = std::max(latest, NowUs() - due);
    const int64_t until =
        std::min(total, i + std::max<int64_t>(1, load.rate * kStepUs / 1'000'000));
    for (; i < until; ++i) {
      const int length = std::snprintf(
          text, sizeof text,
          "{\"user_id\":%" PRId64 ",\"page\":\"/p%" PRId64 "\",\"revenue\":%" PRId64 ".%02" PRId64
          ",\"created\":%" PRId64 "}",
          i * 7919 % 100'003, i % 97, i % 50, i % 100, begin + i * 1'000'000 / load.rate);
      while (rd_kafka_produce(topic, static_cast<int32_t>(i % partitions), RD_KAFKA_MSG_F_COPY,
                              text, static_cast<size_t>(length), nullptr, 0, nullptr) != 0) {
        if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
          Fail(rd_kafka_err2str(rd_kafka_last_error()));
        }
        rd_kafka_poll(producer, 1);
      }
    }
    rd_kafka_poll(producer, 0);
  }
  if (rd_kafka_flush(producer, 30'000) != RD_KAFKA_RESP_ERR_NO_ERROR)
    Fail("the broker does not take the events");
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(producer);
  return latest;
}

// Reads rows until `expected` have come or none came for 30 s; their latencies from `counted_from`
// on.
int64_t Consume(const Load& load, const std::atomic<int64_t>& counted_from,
                std::vector<int64_t>* latencies) {
  rd_kafka_t* consumer = Client(RD_KAFKA_CONSUMER, {{"bootstrap.servers", load.brokers},
                                                    {"group.id", "latency"},
                                                    {"enable.auto.commit", "false"},
                                                    {"isolation.level", "read_committed"},
                                                    {"fetch.wait.max.ms", "10"},
                                                    {"fetch.min.bytes", "1"}});
  rd_kafka_poll_set_consumer(consumer);
  const int partitions = Partitions(consumer, load.out);
  rd_kafka_topic_partition_list_t* all = rd_kafka_topic_partition_list_new(partitions);
  for (int p = 0; p < partitions; ++p) {
    rd_kafka_topic_partition_list_add(all, load.out.c_str(), p)->offset = RD_KAFKA_OFFSET_BEGINNING;
  }
  if (rd_kafka_assign(consumer, all) != RD_KAFKA_RESP_ERR_NO_ERROR)
    Fail("can not read " + load.out);
  rd_kafka_queue_t* queue = rd_kafka_queue_get_consumer(consumer);
  const int64_t expected = load.rate * (load.warm_up + load.seconds);
  latencies->reserve(static_cast<size_t>(load.rate * load.seconds));
  std::vector<rd_kafka_message_t*> messages(10'000);
  int64_t seen = 0;
  for (int64_t last = NowUs(); seen < expected && NowUs() - last < 30'000'000;) {
    const ssize_t count = rd_kafka_consume_batch_queue(queue, 5, messages.data(), messages.size());
    const int64_t now = NowUs();
    for (ssize_t i = 0; i < count; ++i) {
      rd_kafka_message_t* message = messages[static_cast<size_t>(i)];
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        const std::string text(static_cast<const char*>(message->payload), message->len);
        const size_t at = text.find(kCreated);
        if (at == std::string::npos) Fail("a row without \"created\": " + text);
        const int64_t created = std::atoll(text.c_str() + at + std::strlen(kCreated));
        if (created >= counted_from.load()) latencies->push_back(now - created);
        ++seen;
        last = now;
      } else if (message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        Fail(rd_kafka_message_errstr(message));
      }
      rd_kafka_message_destroy(message);
    }
  }
  rd_kafka_queue_destroy(queue);
  rd_kafka_topic_partition_list_destroy(all);
  rd_kafka_consumer_close(consumer);
  rd_kafka_destroy(consumer);
  return expected - seen;
}

}  // namespace

int main(int argc, char** argv) {
  Load load;
  bool usage = argc < 4 || argc % 2 != 0;
  for (int i = 4; !usage && i < argc; i += 2) {
    const int64_t value = std::atoll(argv[i + 1]);
    usage = value <= 0;
    if (std::strcmp(argv[i], "--rate") == 0)
      load.rate = value;
    else if (std::strcmp(argv[i], "--seconds") == 0)
      load.seconds = value;
    else if (std::strcmp(argv[i], "--warm-up") == 0)
      load.warm_up = value;
    else
      usage = true;
  }
  if (usage) {
    std::fprintf(stderr, "usage: latency BROKERS IN OUT [--rate N] [--seconds N] [--warm-up N]\n");
    return 2;
  }
  load.brokers = argv[1];
  load.in = argv[2];
  load.out = argv[3];
  std::atomic<int64_t> counted_from{INT64_MAX};
  std::vector<int64_t> latencies;
  int64_t missing = 0;
  std::thread consumer([&] { missing = Consume(load, counted_from, &latencies); });
  const int64_t late = Produce(load, &counted_from);
  consumer.join();
  std::sort(latencies.begin(), latencies.end());
  auto at = [&](double share) {
    if (latencies.empty()) return -1.0;
    const auto index = static_cast<size_t>(share * static_cast<double>(latencies.size() - 1));
    return static_cast<double>(latencies[index]) / 1000;
  };
  std::printf("{\"rows\":%zu,\"missing\":%" PRId64
              ",\"p50_ms\":%.1f,\"p99_ms\":%.1f,\"p999_ms\":%.1f,\"max_ms\":%.1f,"
              "\"producer_late_ms\":%.1f}\n",
              latencies.size(), missing, at(0.5), at(0.99), at(0.999), at(1),
              static_cast<double>(late) / 1000);
  return missing == 0 ? 0 : 1;
}
