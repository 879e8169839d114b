#compdef bizbatch
# Completion for bizbatch. Now: source <(bizbatch completion zsh)
# For every shell: bizbatch completion zsh > a folder of $fpath, under the name _bizbatch
_bizbatch() {
  local -a found
  found=("${(@f)$("$words[1]" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "$found" ]]; then
    compadd -- "${found[@]}"
  else
    _files
  fi
}
if [[ "$funcstack[1]" == _bizbatch ]]; then
  _bizbatch "$@"
else
  compdef _bizbatch bizbatch
fi
