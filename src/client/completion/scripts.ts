/** What a shell has to be told once: to ask `temporal-pods complete` with the line as far as it is typed. */

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * bash takes = and : for the ends of words, so it wants only what stands behind the last of them. And it puts into the line what it is
 * given: a name with `$(…)` in it would run, so it is given as it has to be typed.
 */
const bash = `_temporal_pods() {
  local line="\${COMP_LINE:0:COMP_POINT}" current="\${COMP_WORDS[COMP_CWORD]}" candidate typed
  local word="\${line##*[[:space:]]}"
  [[ $current == [=:] ]] && current=
  local lead="\${word%"$current"}"
  COMPREPLY=()
  while IFS=$'\\t' read -r candidate _; do
    printf -v typed %q "\${candidate#"$lead"}"
    [[ $candidate == "$lead" ]] && typed=
    COMPREPLY+=("$typed")
  done < <(temporal-pods complete "$line" 2>/dev/null)
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *[=.] ]] && compopt -o nospace
  return 0
}
complete -o default -F _temporal_pods temporal-pods
`;

const zsh = `#compdef temporal-pods
_temporal_pods() {
  local line="\${(j: :)words[1,CURRENT-1]} $PREFIX" candidate value about
  local -a plain open
  for candidate in "\${(@f)$(temporal-pods complete "$line" 2>/dev/null)}"; do
    [[ -n $candidate ]] || continue
    value="\${candidate%%$'\\t'*}"
    about="\${candidate#*$'\\t'}"
    candidate="\${value//:/\\\\:}\${about:+:$about}"
    if [[ $value == *[=.] ]]; then open+=("$candidate"); else plain+=("$candidate"); fi
  done
  (( $#plain + $#open )) || { _files; return }
  (( $#plain )) && _describe -t values temporal-pods plain
  (( $#open )) && _describe -t values temporal-pods open -S ''
}
if [[ \${funcstack[1]} == _temporal_pods ]]; then _temporal_pods "$@"; else compdef _temporal_pods temporal-pods; fi
`;

const fish = `function __temporal_pods
  temporal-pods complete (commandline -cp) 2>/dev/null
end
complete -c temporal-pods -a '(__temporal_pods)'
`;

const SCRIPTS: Record<Shell, string> = { bash, zsh, fish };

export const scriptOf = (shell: Shell): string => SCRIPTS[shell];

/** Where it goes, so that it is there in every shell. */
export const INSTALL: Record<Shell, string> = {
  bash: 'temporal-pods completion bash > ~/.local/share/bash-completion/completions/temporal-pods',
  zsh: 'temporal-pods completion zsh > "${fpath[1]}/_temporal-pods"',
  fish: 'temporal-pods completion fish > ~/.config/fish/completions/temporal-pods.fish',
};
