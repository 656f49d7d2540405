// Runs a fuzz target without libFuzzer: its seeds, then mutations of them by a fixed generator, so
// that every build tries the same inputs.
//   PROGRAM SEED_DIRECTORY [MUTATIONS]
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

void Try(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

std::string Mutate(const std::vector<std::string>& seeds, std::mt19937_64* random) {
  auto below = [&](size_t n) { return n == 0 ? 0 : static_cast<size_t>((*random)() % n); };
  std::string text = seeds[below(seeds.size())];
  static const char kBytes[] = "\"\\{}[]:,0123456789.eE+-truefalsn \n\r\t/u;|'\x80\xC3\xED\xF0\x01";
  for (size_t i = below(4); i-- > 0;) {
    const size_t at = below(text.size());
    switch (below(6)) {
      case 0:
        if (!text.empty()) text[at] = kBytes[below(sizeof kBytes - 1)];
        break;
      case 1:
        text.insert(at, 1, kBytes[below(sizeof kBytes - 1)]);
        break;
      case 2:
        text.erase(at, 1 + below(8));
        break;
      case 3: {
        const std::string& other = seeds[below(seeds.size())];
        text.insert(at, other.substr(below(other.size()), below(40)));
        break;
      }
      case 4:
        text.insert(at, text.substr(below(text.size()), below(20)));
        break;
      case 5:
        text.resize(at);
        break;
    }
  }
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> seeds;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    Try(seeds.back());
  }
  if (seeds.empty()) {
    std::fprintf(stderr, "no seeds in %s\n", argv[1]);
    return 1;
  }
  const long most = argc > 2 ? std::atol(argv[2]) : 1000000;
  const long mutations = std::getenv("FLOW_QUICK") == nullptr ? most : most / 5;
  std::mt19937_64 random(20230101);
  for (long i = 0; i < mutations; ++i) Try(Mutate(seeds, &random));
  std::printf("%zu seeds, %ld mutations\n", seeds.size(), mutations);
  return 0;
}
