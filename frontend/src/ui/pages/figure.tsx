/** One of `dl.figures`: a large value under its name, with a note. */
export function Figure(props: { readonly name: string; readonly value: string; readonly note: string }) {
  return (
    <div class="figure">
      <dt>{props.name}</dt>
      <dd>
        {props.value} <div class="figure-note">{props.note}</div>
      </dd>
    </div>
  );
}
