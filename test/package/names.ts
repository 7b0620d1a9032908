/** What a door of the package exports, as an editor shows it. */
import ts from 'typescript';

export interface Name {
  readonly name: string;
  /** It is there at run time: a function, a class, a constant. */
  readonly isValue: boolean;
  /** Its docstring; empty when it has none. */
  readonly text: string;
  /** Types of the package that its declaration names, and that nobody can import. */
  readonly hidden: readonly string[];
}

/**
 * @param door path of its declarations
 * @param within types that are declared below this folder are the package's
 * @param doors paths of the declarations from where any of them may be imported
 */
export function namesOf(door: string, within: string, doors: readonly string[] = [door]): Name[] {
  const options = { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022, strict: true };
  const program = ts.createProgram([door, ...doors], options);
  const checker = program.getTypeChecker();
  const followed = (symbol: ts.Symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const exportsOf = (path: string) => {
    const file = program.getSourceFile(path);
    const module = file && checker.getSymbolAtLocation(file);
    return module ? checker.getExportsOfModule(module).map(followed) : [];
  };
  const exported = exportsOf(door);
  const importable = new Set([...exported, ...doors.flatMap(exportsOf)]);
  const isHidden = (symbol: ts.Symbol) =>
    !importable.has(symbol) &&
    !(symbol.flags & ts.SymbolFlags.TypeParameter) &&
    symbol.declarations?.[0]?.getSourceFile().fileName.startsWith(within) === true;

  return exported.map((symbol) => {
    const hidden = new Set<string>();
    const visit = (node: ts.Node): void => {
      const name = ts.isTypeReferenceNode(node)
        ? node.typeName
        : ts.isExpressionWithTypeArguments(node)
          ? node.expression
          : undefined;
      const found = name && checker.getSymbolAtLocation(name);
      if (found && isHidden(followed(found))) hidden.add(found.name);
      ts.forEachChild(node, visit);
    };
    for (const declaration of symbol.declarations ?? []) visit(declaration);
    return {
      name: symbol.name,
      isValue: (symbol.flags & ts.SymbolFlags.Value) !== 0,
      text: ts.displayPartsToString(symbol.getDocumentationComment(checker)),
      hidden: [...hidden],
    };
  });
}
