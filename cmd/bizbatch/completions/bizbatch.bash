# Completion for bizbatch. Now: source <(bizbatch completion bash)
# For every shell: bizbatch completion bash > ~/.local/share/bash-completion/completions/bizbatch
_bizbatch() {
  local word
  COMPREPLY=()
  while IFS= read -r word; do
    COMPREPLY+=("$(printf %q "$word")")
  done < <("$1" __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _bizbatch bizbatch
