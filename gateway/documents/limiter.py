"""Limiter: refuses a parsed document that is too large in any measure, before it is validated."""

from collections import Counter
from typing import NamedTuple

from graphql import DocumentNode, FragmentDefinitionNode, OperationDefinitionNode, OperationType

from gateway.codes import Code
from gateway.documents.extent import Extent, Profile, fragment_extents, total
from gateway.documents.overlap import Fragments, Overlap
from gateway.limits import Limits
from gateway.refusal import LimitExceeded

BOUNDS = (
    (Code.DEPTH_LIMIT_EXCEEDED, "depth", "Fields are nested too deeply"),
    (Code.DEPTH_LIMIT_EXCEEDED, "introspection_depth", "Introspection is nested too deeply"),
    (Code.ALIAS_LIMIT_EXCEEDED, "aliases", "There are too many aliases"),
    (Code.DIRECTIVE_LIMIT_EXCEEDED, "directives", "There are too many directives"),
    (Code.FIELD_LIMIT_EXCEEDED, "fields", "There are too many fields"),
    (Code.ROOT_FIELD_LIMIT_EXCEEDED, "root_fields", "There are too many root fields"),
    (Code.MUTATION_LIMIT_EXCEEDED, "mutations", "There are too many mutations"),
    (Code.FRAGMENT_LIMIT_EXCEEDED, "fragments", "There are too many fragments"),
    (Code.VARIABLE_LIMIT_EXCEEDED, "variables", "There are too many variables"),
    (Code.DUPLICATE_LIMIT_EXCEEDED, "duplicates", "One response name is selected too often at one place"),
    (Code.OVERLAP_LIMIT_EXCEEDED, "overlaps", "Selections overlap too much"),
)


class Dimensions(NamedTuple):
    """How large a document is in each measure that has a limit; for operations, that of the largest."""

    depth: int
    introspection_depth: int
    aliases: int
    directives: int
    fields: int
    root_fields: int
    mutations: int
    fragments: int
    variables: int
    duplicates: int
    overlaps: int

    def refusals(self, limits: Limits) -> list[LimitExceeded]:
        """One refusal for each limit that the document exceeds."""
        return [
            LimitExceeded(code, complaint, limit=limit, actual=actual)
            for code, measure, complaint in BOUNDS
            if (actual := getattr(self, measure)) > (limit := getattr(limits, measure))
        ]


def measure(document: DocumentNode, limits: Limits) -> Dimensions:
    """How large the document is; cycles and unknown fragments are left to validation."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    fragments = [node for node in document.definitions if isinstance(node, FragmentDefinitionNode)]
    by_name = {fragment.name.value: fragment for fragment in fragments}
    overlap = Overlap(by_name, limits.overlaps)
    roots = _root_fields(operations, overlap)
    for fragment in fragments:
        if not overlap.is_exhausted:
            overlap.add(fragment.selection_set)
    return Dimensions(
        *_extent(operations, by_name),
        root_fields=max(roots[OperationType.QUERY], roots[OperationType.SUBSCRIPTION]),
        mutations=roots[OperationType.MUTATION],
        fragments=len(fragments),
        variables=max((len(operation.variable_definitions or ()) for operation in operations), default=0),
        duplicates=overlap.duplicates,
        overlaps=overlap.work,
    )


def _extent(operations: list[OperationDefinitionNode], fragments: Fragments) -> Extent:
    """The largest operation in each measure, fragments included."""
    extents = fragment_extents({name: Profile(fragment) for name, fragment in fragments.items()})
    largest = Extent()
    for operation in operations:
        largest = largest.or_larger(total(Profile(operation), extents))
    return largest


def _root_fields(operations: list[OperationDefinitionNode], overlap: Overlap) -> Counter[OperationType]:
    """The most fields at the top of an operation of each type."""
    most: Counter[OperationType] = Counter()
    for operation in operations:
        if not overlap.is_exhausted:
            most |= Counter({operation.operation: overlap.add(operation.selection_set)})
    return most
