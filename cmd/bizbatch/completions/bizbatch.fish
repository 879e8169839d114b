# Completion for bizbatch. Now: bizbatch completion fish | source
# For every shell: bizbatch completion fish > ~/.config/fish/completions/bizbatch.fish
function __bizbatch_complete
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    set -l current (commandline -ct)
    set -l found ($program __complete -- $words "$current" 2>/dev/null)
    if test -n "$found"
        printf '%s\n' $found
    else
        __fish_complete_path "$current"
    end
end
complete -c bizbatch -f -a '(__bizbatch_complete)'
