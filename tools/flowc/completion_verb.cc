// flowc completion: scripts for shells, from what the verbs say of their own command lines.
#include <cstdio>

#include "cli.h"

namespace flowc {

namespace {

// zsh reads it too, by its own emulation of bash's completion, which has no compopt.
std::string Bash(bool zsh) {
  std::string cases, nested;
  std::vector<std::string> names;
  for (const NamedVerb& verb : Verbs()) {
    names.push_back(verb.name);
    if (!verb.words.empty()) {
      nested += "    " + verb.name + ") words='" + Joined(verb.words) + "' ;;\n";
    }
  }
  for (const Described& described : DescribeAll()) {
    std::string options, values;
    for (const auto& option : described.verb.options.options()) {
      const std::string name = option->long_name();
      options += (options.empty() ? "--" : " --") + name;
      auto choice = described.verb.choices.find(name);
      if (choice != described.verb.choices.end()) {
        values += "        --" + name + ") values='" + Joined(choice->second) + "' ;;\n";
      } else if (option->semantic()->max_tokens() > 0) {
        values += "        --" + name + ") values='' files=any ;;\n";
      }
    }
    auto choice = described.verb.choices.find(described.verb.positional);
    cases += "    '" + described.words + "')\n      options='" + options + "'\n";
    if (choice != described.verb.choices.end()) {
      cases += "      words='" + Joined(choice->second) + "'\n";
    } else if (described.verb.positional == "file") {
      cases += "      files=flow\n";
    } else if (described.verb.positional != "name") {
      cases += "      files=any\n";
    }
    if (!values.empty()) cases += "      case $previous in\n" + values + "      esac\n";
    cases += "      ;;\n";
  }
  return R"(_flowc() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  local verb=${COMP_WORDS[1]} options='' words='' files='' values=none
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ')" +
         Joined(names) + R"(' -- "$current"))
    return
  fi
  case $verb in
)" + nested +
         R"(  esac
  if [ -n "$words" ]; then
    if [ "$COMP_CWORD" -eq 2 ]; then
      COMPREPLY=($(compgen -W "$words" -- "$current"))
      return
    fi
    verb="$verb ${COMP_WORDS[2]}" words=''
  fi
  case $verb in
)" + cases +
         R"(  esac
  if [ "$values" != none ]; then
    if [ -n "$values" ]; then
      COMPREPLY=($(compgen -W "$values" -- "$current"))
    else
      compopt -o filenames 2>/dev/null
      COMPREPLY=($(compgen -f -- "$current"))
    fi
    return
  fi
  case $current in
    -*)
      COMPREPLY=($(compgen -W "$options" -- "$current"))
      return
      ;;
  esac
  if [ -n "$words" ]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  compopt -o filenames 2>/dev/null
  case $files in
    flow) COMPREPLY=($(compgen -d -- "$current") $(compgen -f -X '!*.flow' -- "$current")) ;;
    any) COMPREPLY=($(compgen -f -- "$current")) ;;
  esac
}
complete )" +
         std::string(zsh ? "-o filenames " : "") + R"(-F _flowc flowc
)";
}

std::string FishQuoted(const std::string& text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return out + "'";
}

std::string Fish() {
  std::string nested;
  for (const NamedVerb& verb : Verbs()) {
    nested += "complete -c flowc -n __fish_use_subcommand -a " + verb.name + " -d " +
              FishQuoted(verb.summary) + "\n";
    if (verb.words.empty()) continue;
    const std::string words = Joined(verb.words);
    nested += "complete -c flowc -n '__fish_seen_subcommand_from " + verb.name +
              "; and not __fish_seen_subcommand_from " + words + "' -a '" + words + "'\n";
  }
  std::string out = "complete -c flowc -f\n" + nested;
  for (const Described& described : DescribeAll()) {
    const size_t space = described.words.find(' ');
    std::string when = "__fish_seen_subcommand_from " + described.words.substr(0, space);
    if (space != std::string::npos) {
      when += "; and __fish_seen_subcommand_from " + described.words.substr(space + 1);
    }
    const std::string head = "complete -c flowc -n '" + when + "' ";
    auto words = described.verb.choices.find(described.verb.positional);
    out += head +
           (words != described.verb.choices.end() ? "-a '" + Joined(words->second) + "'"
                                                  : std::string("-F")) +
           "\n";
    for (const auto& option : described.verb.options.options()) {
      out += head + "-l " + option->long_name() + " -d " + FishQuoted(option->description());
      auto choice = described.verb.choices.find(option->long_name());
      if (choice != described.verb.choices.end()) {
        out += " -x -a '" + Joined(choice->second) + "'";
      } else if (option->semantic()->max_tokens() > 0) {
        out += " -r";
      }
      out += "\n";
    }
  }
  return out;
}

}  // namespace

int Completion(const Arguments& arguments) {
  Verb verb;
  verb.usage = "flowc completion bash|zsh|fish";
  verb.about =
      "Prints a script by which a shell completes verbs, options, their values and .flow files.";
  verb.examples =
      "  source <(flowc completion bash)\n"
      "  flowc completion fish > ~/.config/fish/completions/flowc.fish\n";
  verb.positional = "shell";
  verb.choices = {{"shell", {"bash", "zsh", "fish"}}};
  int code = 0;
  auto values = Parse(verb, arguments, &code);
  if (!values) return code;
  const std::string shell = (*values)["shell"].as<std::string>();
  if (shell == "zsh") {
    std::puts("autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit");
  }
  std::fputs((shell == "fish" ? Fish() : Bash(shell == "zsh")).c_str(), stdout);
  return libflow::kOk;
}

}  // namespace flowc
