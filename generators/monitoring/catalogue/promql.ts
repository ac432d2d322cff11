import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import type { Type } from './source.ts';

/** What an expression gives: the labels that its series can have, and of which type they are. */
export interface Shape {
  readonly type: Type | 'scalar' | 'text';
  readonly labels: ReadonlySet<string>;
}

export interface Matcher {
  readonly label: string;
  readonly op: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

/** Who knows what series there are. */
export interface Known {
  /** What a selector finds. It says what is wrong with it to `wrong`. */
  find(name: string, matchers: readonly Matcher[], wrong: (why: string) => void): Shape;
}

const NOTHING: ReadonlySet<string> = new Set();
const RISING = new Set(['rate', 'irate', 'increase', 'resets']);
const WANDERING = new Set(['delta', 'idelta', 'deriv', 'predict_linear', 'double_exponential_smoothing']);
const KEEPING = new Set(['topk', 'bottomk', 'limitk', 'limit_ratio']);
const SETS = new Set(['and', 'or', 'unless']);

/** The shape of an expression, and all that is wrong with it: empty when every name, label and type in it is right. */
export function shapeOf(expression: string, known: Known): { shape: Shape; wrong: string[] } {
  const wrong: string[] = [];
  const say = (why: string) => {
    if (!wrong.includes(why)) wrong.push(why);
  };
  const none: Shape = { type: 'scalar', labels: NOTHING };
  if (expression.trim() === '') return { shape: none, wrong: ['it is empty'] };
  const tree = parser.parse(expression);
  tree.iterate({
    enter: ({ type, from }) => {
      if (type.isError) say(`it is no PromQL near "${expression.slice(Math.max(0, from - 20), from + 20)}"`);
    },
  });
  const root = tree.topNode.firstChild;
  if (wrong.length > 0 || root === null) return { shape: none, wrong };
  return { shape: reader(expression, known, say)(root), wrong };
}

const both = (one: Iterable<string>, two: Iterable<string>) => new Set([...one, ...two]);

const minus = (one: Iterable<string>, two: ReadonlySet<string>) => new Set([...one].filter((label) => !two.has(label)));

/** A text in its quotes, as PromQL reads it. */
const unquoted = (text: string) =>
  text.startsWith('`')
    ? text.slice(1, -1)
    : text.slice(1, -1).replace(/\\(.)/g, (_, one) => (one === 'n' ? '\n' : one));

function reader(expression: string, known: Known, wrong: (why: string) => void): (node: SyntaxNode) => Shape {
  const textOf = (node: SyntaxNode | null) => (node ? expression.slice(node.from, node.to) : '');
  const labelsIn = (node: SyntaxNode | null) => node?.getChildren('LabelName').map(textOf) ?? [];
  const asks = (wanted: readonly string[], { labels, type }: Shape, node: SyntaxNode) => {
    for (const label of wanted)
      if (type !== 'scalar' && !labels.has(label)) wrong(`no series of ${textOf(node)} has the label ${label}`);
  };

  const shape = (node: SyntaxNode): Shape => {
    switch (node.name) {
      case 'VectorSelector':
        return selected(node);
      case 'AggregateExpr':
        return aggregated(node);
      case 'BinaryExpr':
        return joined(node);
      case 'FunctionCall':
        return called(node);
      case 'NumberDurationLiteral':
        return { type: 'scalar', labels: NOTHING };
      case 'StringLiteral':
        return { type: 'text', labels: NOTHING };
      case 'SubqueryExpr': {
        const of = inner(node);
        return of.type === 'scalar' ? { ...of, type: 'gauge' } : of;
      }
      default:
        return inner(node);
    }
  };

  const inner = (node: SyntaxNode): Shape => {
    const [child] = node.getChildren('Expr');
    if (!child) throw new Error(`${node.name} holds no expression: ${textOf(node)}`);
    return shape(child);
  };

  const selected = (node: SyntaxNode): Shape => {
    const matchers = node
      .getChild('LabelMatchers')
      ?.getChildren('UnquotedLabelMatcher')
      .map((matcher) => ({
        label: textOf(matcher.getChild('LabelName')),
        op: textOf(matcher.getChild('MatchOp')) as Matcher['op'],
        value: unquoted(textOf(matcher.getChild('StringLiteral'))),
      }));
    return known.find(textOf(node.getChild('Identifier')), matchers ?? [], wrong);
  };

  const aggregated = (node: SyntaxNode): Shape => {
    const op = textOf(node.getChild('AggregateOp')).toLowerCase();
    const args = node.getChild('FunctionCallBody')?.getChildren('Expr') ?? [];
    const last = args.at(-1);
    if (!last) throw new Error(`${op} has no argument: ${textOf(node)}`);
    const of = shape(last);
    const modifier = node.getChild('AggregateModifier');
    const named = labelsIn(modifier?.getChild('GroupingLabels') ?? null);
    asks(named, of, last);
    if (KEEPING.has(op)) return { ...of, type: 'gauge' };
    const left = modifier?.getChild('Without') ? [...of.labels].filter((label) => !named.includes(label)) : named;
    const labels = new Set(op === 'count_values' && args[0] ? [...left, unquoted(textOf(args[0]))] : left);
    return { type: of.type === 'bucket' && op === 'sum' && labels.has('le') ? 'bucket' : 'gauge', labels };
  };

  const joined = (node: SyntaxNode): Shape => {
    const [left, right] = node.getChildren('Expr');
    if (!left || !right) throw new Error(`It has no two sides: ${textOf(node)}`);
    const [one, two] = [shape(left), shape(right)];
    if (one.type === 'scalar') return { ...two, type: two.type === 'scalar' ? 'scalar' : 'gauge' };
    if (two.type === 'scalar') return { ...one, type: 'gauge' };
    const clause = node.getChild('MatchingModifierClause');
    const [named, taken] = clause?.getChildren('GroupingLabels').map(labelsIn) ?? [];
    const operator = operatorOf(node);
    if (operator === 'or') return { type: 'gauge', labels: both(one.labels, two.labels) };
    const on = clause?.getChild('On') ? (named ?? []) : undefined;
    if (on) {
      asks(on, one, left);
      asks(on, two, right);
    } else {
      const meeting = ({ labels }: Shape) => minus(labels, new Set(named));
      for (const label of named ?? [])
        if (!one.labels.has(label) && !two.labels.has(label))
          wrong(`no side of ${textOf(node)} has the label ${label}`);
      const [here, there] = [meeting(one), meeting(two)];
      const apart = [...minus(here, there), ...minus(there, here)];
      if (apart.length > 0)
        wrong(`${textOf(left)} and ${textOf(right)} never meet: only one of them has ${apart.toSorted().join(', ')}`);
    }
    if (SETS.has(operator)) return { ...one, type: 'gauge' };
    const toLeft = clause?.getChild('GroupLeft');
    const toRight = clause?.getChild('GroupRight');
    if (toLeft || toRight) {
      const [many, single, node] = toLeft ? [one, two, right] : [two, one, left];
      asks(taken ?? [], single, node);
      return { type: 'gauge', labels: both(many.labels, taken ?? []) };
    }
    const labels = on ? new Set(on) : minus(one.labels, new Set(named));
    return { type: 'gauge', labels };
  };

  const operatorOf = (node: SyntaxNode) => {
    const [left] = node.getChildren('Expr');
    return textOf(left?.nextSibling ?? null).toLowerCase();
  };

  const called = (node: SyntaxNode): Shape => {
    const name = textOf(node.getChild('FunctionIdentifier'));
    const args = node.getChild('FunctionCallBody')?.getChildren('Expr') ?? [];
    const shapes = args.map(shape);
    const of = shapes.find(({ type }) => type !== 'scalar' && type !== 'text');
    const text = (at: number) => unquoted(textOf(args[at] ?? null));
    if (!of) return { type: name === 'vector' ? 'gauge' : 'scalar', labels: NOTHING };
    if (RISING.has(name)) {
      if (of.type === 'gauge') wrong(`${name} wants a counter, and ${textOf(args[0] ?? null)} is none`);
      return of.type === 'bucket' ? of : { ...of, type: 'gauge' };
    }
    if (WANDERING.has(name) && (of.type === 'counter' || of.type === 'bucket'))
      wrong(`${name} wants a gauge, and ${textOf(args[0] ?? null)} is a counter`);
    if (name === 'scalar') return { type: 'scalar', labels: NOTHING };
    if (name === 'absent' || name === 'absent_over_time')
      return { type: 'gauge', labels: new Set(args.flatMap((arg) => equalled(arg))) };
    if (name === 'histogram_quantile' || name === 'histogram_fraction') {
      if (of.type !== 'bucket' || !of.labels.has('le')) wrong(`${name} wants buckets with le: ${textOf(node)}`);
      return { type: 'gauge', labels: minus(of.labels, new Set(['le'])) };
    }
    if (name === 'label_replace') {
      if (text(3) !== '') asks([text(3)], of, node);
      return { ...of, labels: both(of.labels, [text(1)]) };
    }
    if (name === 'label_join') {
      asks(
        args.slice(3).map((arg) => unquoted(textOf(arg))),
        of,
        node,
      );
      return { ...of, labels: both(of.labels, [text(1)]) };
    }
    return { ...of, type: name === 'last_over_time' ? of.type : 'gauge' };
  };

  /** The labels that `absent` gives: those that its selector wants to be equal to something. */
  const equalled = (node: SyntaxNode): string[] => {
    const found: string[] = [];
    node.cursor().iterate((one) => {
      if (one.name !== 'UnquotedLabelMatcher') return;
      if (textOf(one.node.getChild('MatchOp')) === '=') found.push(textOf(one.node.getChild('LabelName')));
    });
    return found;
  };

  return shape;
}
