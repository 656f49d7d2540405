// The grammar of .flow files.
//
// It is LL(1) throughout, so the generated parser never runs ANTLR's prediction. The build fails when
// a decision needs more than one token: factor out what two alternatives begin with.
//
// - One `statement` is parsed at a time: the lexer's tokens are cut at each `;` before the parser
//   sees them (compiler/parse/lex.cc), so an error in one statement cannot spill into the next.
// - The character stream hands out upper-case ASCII letters, which makes keywords case-insensitive,
//   and DEL (\u007F) for every byte beyond ASCII. Token texts are cut from the file as written.
// - Where a name is looked up in a small fixed set (types, window functions, literals' types, units,
//   SECRET), the grammar takes any identifier and the tree builder checks it: it can say more.
// - Constructs of the language that do not work yet are parsed here and refused by the tree builder.
// - Two meanings of a name need the token behind it or before it; the lexer's words are told apart there.
grammar Flow;

// Not by the lexer but in compiler/parse/lex.cc: the unit of INTERVAL '5' DAY, and ARRAY, MAP or STRUCT
// in x::ARRAY<INT>, where a `<` could be the operator.
tokens { UNIT, NESTED }

statement
    : ( sourceStatement | functionStatement | viewStatement | sinkStatement | testStatement
      | laterStatement
      ) EOF
    ;

// --- Statements ----------------------------------------------------------------------------------

sourceStatement
    : SOURCE name=identifier ( '(' columnDefinition ( ',' columnDefinition )* ')' )?
      FROM connector
      formatClause?
      versionClause?
      eventTimeClause?
      uniqueClause?
      rateClause?
      overloadClause?
      archiveClause?
      deadLetterClause?
    ;

columnDefinition
    : identifier type notNull?
      ( FROM string notNull? | META meta=identifier notNull? | AS expression )?
    ;

notNull : NOT NULL_ ;

connector
    : connectorName ( '(' ( inlineRows | option ( ',' option )* )? ')' )?
    ;

// INTO NULL: the sink that only counts.
connectorName
    : identifier
    | NULL_
    ;

inlineRows
    : VALUES row ( ',' row )* inlinePartition*
    ;

inlinePartition
    : PARTITION NUMBER VALUES row ( ',' row )*
    ;

row
    : '(' expression ( ',' expression )* ')'
    ;

option
    : optionName ( '.' optionName )* '=' optionValue
    ;

// Options are passed on to other systems, which have names like group.id.
optionName
    : identifier
    | ALL | AND | AS | BETWEEN | CASE | CAST | DISTINCT | ELSE | END | EXISTS | FROM | GROUP | HAVING
    | IN | INTERVAL | INTO | IS | JOIN | LIKE | LIMIT | NOT | NULL_ | ON | OR | ORDER | OVER | QUALIFY
    | SELECT | THEN | UNION | WHEN | WHERE | WITH
    ;

optionValue
    : string
    | '-'? NUMBER
    | DURATION
    | TRUE
    | FALSE
    | identifier ( '(' string ')' )?
    ;

formatClause
    : FORMAT identifier ( '(' option ( ',' option )* ')' )?
    ;

versionClause
    : VERSION BY string versionCase+ ( ON EXPIRED ( FAIL | DEAD LETTER ) )?
    ;

versionCase
    : WHEN ( NUMBER | string ) balanced ( UNTIL string )?
    ;

eventTimeClause
    : EVENT TIME identifier WATERMARK watermark=duration
      ( IDLE idle=duration )?
      ( AHEAD ahead=duration )?
    ;

uniqueClause
    : UNIQUE BY expression ( ',' expression )* WITHIN duration ( PER PARTITION )?
    ;

rateClause
    : MAX RATE NUMBER
    ;

overloadClause
    : OVERLOAD identifier duration?
    ;

archiveClause
    : ARCHIVE TO connector ( RETAIN HOT duration )?
    ;

deadLetterClause
    : DEAD LETTER TO connector
    ;

functionStatement
    : FUNCTION name=identifier '(' ( parameter ( ',' parameter )* )? ')' RETURNS type AS expression
    ;

parameter
    : identifier type
    ;

viewStatement
    : VIEW name=identifier AS query
      ( ALLOW LATENESS lateness=duration )?
      ( LATE TO lateTo=identifier )?
      emitClause?
      retainClause?
    ;

emitClause
    : EMIT ( ON CLOSE | EVERY duration | CHANGES )
    ;

retainClause
    : RETAIN duration
    ;

sinkStatement
    : SINK name=identifier FROM view=identifier INTO connector formatClause? ( APPEND | UPSERT )?
    ;

testStatement
    : TEST name=identifier givenClause* expectClause+
    ;

givenClause
    : GIVEN identifier testColumns? givenRows givenPartition*
    ;

givenPartition
    : PARTITION NUMBER givenRows
    ;

givenRows
    : VALUES givenRow ( ',' givenRow )*
    ;

givenRow
    : row
    | RECORD string
    ;

testColumns
    : '(' testColumn ( ',' testColumn )* ')'
    ;

// A column, a field of a STRUCT (a.b), or metadata that no column shows (META key).
testColumn
    : identifier ( ( '.' identifier )+ | meta=identifier )?
    ;

// Rows; counts of the ledger (LATE 2, DEAD 1); no rows (EMPTY); rows of dead letters (DEAD LETTER).
expectClause
    : EXPECT name=identifier
      ( expectedRows
      | FROM from=identifier expectedCount ( ',' expectedCount )*
      | word=identifier ( LETTER letters=expectedRows | NUMBER ( ',' expectedCount )* )?
      )
    ;

expectedRows
    : testColumns? VALUES row ( ',' row )*
    ;

expectedCount
    : identifier NUMBER
    ;

// Statements that are refused as a whole.
laterStatement
    : ( TABLE | EXPECT | RECONCILE ) ( ~SEMICOLON )*
    ;

// --- Queries -------------------------------------------------------------------------------------

query
    : withClause? queryTerm ( setOperator queryTerm )* orderClause? limitClause?
    ;

withClause
    : WITH cte ( ',' cte )*
    ;

cte
    : identifier AS '(' query ')'
    ;

queryTerm
    : select
    | '(' query ')'
    ;

setOperator
    : UNION ALL?
    | INTERSECT ALL?
    | EXCEPT ALL?
    ;

select
    : SELECT ( DISTINCT | ALL )? selectItem ( ',' selectItem )*
      FROM relation joined*
      whereClause?
      groupClause?
      havingClause?
      qualifyClause?
    ;

selectItem
    : '*'
    | expression ( AS identifier | bareAlias )?
    ;

relation
    : identifier ( '(' windowArguments ')' )? alias?
    | '(' query ')' alias?
    ;

alias
    : AS identifier
    | bareAlias
    ;

windowArguments
    : windowInput ','
      ( size=duration ( EVERY slide=duration )? ( OFFSET offset=duration )?
      | GAP gap=duration ( BY expression ( ',' expression )* )?
      )
    ;

windowInput
    : identifier
    | '(' query ')'
    ;

joined
    : ',' joinedRelation
    | joinKind* JOIN joinedRelation
      ( ON expression | USING '(' identifier ( ',' identifier )* ')' )?
    ;

joinedRelation
    : relation
    | unnest
    ;

unnest
    : UNNEST '(' expression ')' ( WITH ORDINALITY )? unnestAlias?
    ;

unnestAlias
    : alias ( '(' identifier ( ',' identifier )? ')' )?
    ;

joinKind
    : INNER | LEFT | RIGHT | FULL | OUTER | CROSS | NATURAL | ASOF | SEMI | ANTI
    ;

whereClause : WHERE expression ;

groupClause : GROUP BY ( ALL | expression ( ',' expression )* ) ;

havingClause : HAVING expression ;

qualifyClause : QUALIFY expression ;

orderClause
    : ORDER BY orderItem ( ',' orderItem )*
    ;

orderItem
    : expression ( ASC | DESC )? ( NULLS ( FIRST | LAST ) )?
    ;

limitClause
    : LIMIT expression ( OFFSET expression )?
    ;

// --- Expressions: PostgreSQL's precedence, loosest first -------------------------------------------

expression
    : conjunction ( OR conjunction )*
    ;

conjunction
    : negation ( AND negation )*
    ;

negation
    : NOT* predicate
    ;

predicate
    : comparison isTest*
    ;

isTest
    : IS NOT? ( NULL_ | TRUE | FALSE | DISTINCT FROM comparison )
    ;

comparison
    : membership ( comparisonOperator membership )?
    ;

comparisonOperator
    : '=' | '<>' | '!=' | '<' | '<=' | '>' | '>='
    ;

membership
    : concatenation membershipTest?
    ;

membershipTest
    : NOT? ( BETWEEN low=concatenation AND high=concatenation
           | ( LIKE | ILIKE ) pattern=concatenation
           | IN '(' ( subquery | expression ( ',' expression )* ) ')'
           )
    ;

concatenation
    : sum ( '||' sum )*
    ;

sum
    : product ( ( '+' | '-' ) product )*
    ;

product
    : signedTerm ( ( '*' | '/' | '%' ) signedTerm )*
    ;

signedTerm
    : ( '+' | '-' )* cast atTimeZone?
    ;

atTimeZone
    : AT TIME ZONE cast
    ;

cast
    : primary ( elements field* | member | '::' ( simpleType | nestedType ) )*
    ;

// Of a STRUCT that is no column: orders[1].price. The path of a column is its own (nameOrCall).
field
    : '.' identifier
    ;

// What is in a JSON value: j -> 'key' ->> 0.
member
    : ( '->' | '->>' ) primary
    ;

// Behind a value a subscript, a[1], or a slice, a[1:2]; behind ARRAY or alone an array.
elements
    : '[' ( slice | expression ( ',' expression )* slice? )? ']'
    ;

slice
    : ':' expression?
    ;

primary
    : NULL_
    | TRUE
    | FALSE
    | NUMBER
    | string
    | duration
    | caseExpression
    | castCall field*
    | EXISTS '(' subquery ')'
    | '(' ( subquery | expression ) ')' field*
    | elements
    | nameOrCall
    ;

// A column (a.b.c), all columns of a relation (t.*), a call, or a typed literal (DATE '2026-01-01',
// X'00ff').
nameOrCall
    : identifier ( callTail field* | literal=string | pathStep+ )?
    ;

pathStep
    : '.' ( identifier | '*' )
    ;

callTail
    : '(' ( DISTINCT? argument ( ',' argument )* orderClause? )? ')' filterClause? overClause?
    ;

argument
    : '*'
    | expression ( AS type | FROM expression )?
    ;

filterClause
    : FILTER '(' WHERE expression ')'
    ;

overClause
    : OVER ( '(' partitionClause? orderClause? frameClause? ')' | identifier )
    ;

partitionClause
    : PARTITION BY expression ( ',' expression )*
    ;

// ROWS BETWEEN ..., or the name of a window: refused.
frameClause
    : IDENTIFIER ( balanced | ~( '(' | ')' ) )*
    ;

caseExpression
    : CASE operand=expression? whenBranch+ ( ELSE otherwise=expression )? END
    ;

whenBranch
    : WHEN expression THEN expression
    ;

castCall
    : ( CAST | TRY_CAST ) '(' expression AS type ')'
    ;

// Inside an expression subqueries are refused, so their insides are only skipped.
subquery
    : ( SELECT | WITH ) ( balanced | ~( '(' | ')' ) )*
    ;

balanced
    : '(' ( balanced | ~( '(' | ')' ) )* ')'
    ;

duration
    : DURATION
    | INTERVAL string UNIT?
    ;

type
    : simpleType ( '<' typeParameter ( ',' typeParameter )* '>' )?
    ;

nestedType
    : NESTED '<' typeParameter ( ',' typeParameter )* '>'
    ;

simpleType
    : ( identifier | INTERVAL ) ( '(' NUMBER ( ',' NUMBER )? ')' )?
    ;

// STRUCT<name T>: two types, the first of which is the field's name. ARRAY<T>: one.
typeParameter
    : type type?
    ;

string : STRING ;

identifier
    : IDENTIFIER
    | QUOTED
    | softKeyword
    | clauseKeyword
    ;

// What may follow a relation or a select item as its alias without AS.
bareAlias
    : IDENTIFIER
    | QUOTED
    | softKeyword
    ;

// Keywords that are names wherever a name can stand.
softKeyword
    : AHEAD | APPEND | ASC | BY | CHANGES | CLOSE | DESC | EVENT | EVERY | EXPIRED | FAIL | FIRST
    | FORMAT | GAP | GIVEN | HOT | IDLE | LAST | LATENESS | LETTER | MAX | META | NULLS | OFFSET
    | ORDINALITY | OVERLOAD | PARTITION | PER | RATE | RECORD | RETURNS | TIME | TO | UNTIL | UPSERT
    | VERSION | WATERMARK | WITHIN | ZONE
    ;

// Keywords that are names, but not an alias without AS: there they begin the next clause or, where a
// `;` is missing, the next statement.
clauseKeyword
    : ALLOW | ANTI | ARCHIVE | ASOF | AT | CROSS | DEAD | EMIT | EXCEPT | EXPECT | FILTER | FULL | FUNCTION
    | ILIKE | INNER | INTERSECT | LATE | LEFT | NATURAL | OUTER | RECONCILE | RETAIN | RIGHT | SEMI | SINK
    | SOURCE | TABLE | TEST | UNIQUE | USING | VIEW
    ;

// --- Tokens --------------------------------------------------------------------------------------

// Reserved.
ALL       : 'ALL' ;
AND       : 'AND' ;
AS        : 'AS' ;
BETWEEN   : 'BETWEEN' ;
CASE      : 'CASE' ;
CAST      : 'CAST' ;
DISTINCT  : 'DISTINCT' ;
ELSE      : 'ELSE' ;
END       : 'END' ;
EXISTS    : 'EXISTS' ;
FALSE     : 'FALSE' ;
FROM      : 'FROM' ;
GROUP     : 'GROUP' ;
HAVING    : 'HAVING' ;
IN        : 'IN' ;
INTERVAL  : 'INTERVAL' ;
INTO      : 'INTO' ;
IS        : 'IS' ;
JOIN      : 'JOIN' ;
LIKE      : 'LIKE' ;
LIMIT     : 'LIMIT' ;
NOT       : 'NOT' ;
NULL_     : 'NULL' ;
ON        : 'ON' ;
OR        : 'OR' ;
ORDER     : 'ORDER' ;
OVER      : 'OVER' ;
QUALIFY   : 'QUALIFY' ;
SELECT    : 'SELECT' ;
THEN      : 'THEN' ;
TRUE      : 'TRUE' ;
TRY_CAST  : 'TRY_CAST' ;
UNION     : 'UNION' ;
UNNEST    : 'UNNEST' ;
VALUES    : 'VALUES' ;
WHEN      : 'WHEN' ;
WHERE     : 'WHERE' ;
WITH      : 'WITH' ;

// Not reserved: also identifiers.
AHEAD     : 'AHEAD' ;
ALLOW     : 'ALLOW' ;
ANTI      : 'ANTI' ;
APPEND    : 'APPEND' ;
ARCHIVE   : 'ARCHIVE' ;
ASC       : 'ASC' ;
ASOF      : 'ASOF' ;
AT        : 'AT' ;
BY        : 'BY' ;
CHANGES   : 'CHANGES' ;
CLOSE     : 'CLOSE' ;
CROSS     : 'CROSS' ;
DEAD      : 'DEAD' ;
DESC      : 'DESC' ;
EMIT      : 'EMIT' ;
EVENT     : 'EVENT' ;
EVERY     : 'EVERY' ;
EXCEPT    : 'EXCEPT' ;
EXPECT    : 'EXPECT' ;
EXPIRED   : 'EXPIRED' ;
FAIL      : 'FAIL' ;
FILTER    : 'FILTER' ;
FIRST     : 'FIRST' ;
FORMAT    : 'FORMAT' ;
FULL      : 'FULL' ;
FUNCTION  : 'FUNCTION' ;
GAP       : 'GAP' ;
GIVEN     : 'GIVEN' ;
HOT       : 'HOT' ;
IDLE      : 'IDLE' ;
ILIKE     : 'ILIKE' ;
INNER     : 'INNER' ;
INTERSECT : 'INTERSECT' ;
LAST      : 'LAST' ;
LATE      : 'LATE' ;
LATENESS  : 'LATENESS' ;
LEFT      : 'LEFT' ;
LETTER    : 'LETTER' ;
MAX       : 'MAX' ;
META      : 'META' ;
NATURAL   : 'NATURAL' ;
NULLS     : 'NULLS' ;
OFFSET    : 'OFFSET' ;
ORDINALITY : 'ORDINALITY' ;
OUTER     : 'OUTER' ;
OVERLOAD  : 'OVERLOAD' ;
PARTITION : 'PARTITION' ;
PER       : 'PER' ;
RATE      : 'RATE' ;
RECONCILE : 'RECONCILE' ;
RECORD    : 'RECORD' ;
RETAIN    : 'RETAIN' ;
RETURNS   : 'RETURNS' ;
RIGHT     : 'RIGHT' ;
SEMI      : 'SEMI' ;
SINK      : 'SINK' ;
SOURCE    : 'SOURCE' ;
TABLE     : 'TABLE' ;
TEST      : 'TEST' ;
TIME      : 'TIME' ;
TO        : 'TO' ;
UNIQUE    : 'UNIQUE' ;
UNTIL     : 'UNTIL' ;
UPSERT    : 'UPSERT' ;
USING     : 'USING' ;
VERSION   : 'VERSION' ;
VIEW      : 'VIEW' ;
WATERMARK : 'WATERMARK' ;
WITHIN    : 'WITHIN' ;
ZONE      : 'ZONE' ;

SEMICOLON     : ';' ;
COMMA         : ',' ;
DOT           : '.' ;
LPAREN        : '(' ;
RPAREN        : ')' ;
LBRACKET      : '[' ;
RBRACKET      : ']' ;
STAR          : '*' ;
SLASH         : '/' ;
PERCENT       : '%' ;
PLUS          : '+' ;
MINUS         : '-' ;
CONCAT        : '||' ;
DOUBLE_COLON  : '::' ;
COLON         : ':' ;
ARROW         : '->' ;
LONG_ARROW    : '->>' ;
EQUAL         : '=' ;
NOT_EQUAL     : '<>' ;
BANG_EQUAL    : '!=' ;
LESS          : '<' ;
LESS_EQUAL    : '<=' ;
GREATER       : '>' ;
GREATER_EQUAL : '>=' ;

DURATION
    : [0-9]+ ( 'MS' | 'S' | 'M' | 'H' | 'D' | 'W' )
    ;

NUMBER
    : ( [0-9]+ ( '.' [0-9]* )? | '.' [0-9]+ ) ( 'E' [+-]? [0-9]+ )?
    ;

// A number with letters behind it. Any rule above that matches as much wins.
BAD_NUMBER
    : ( [0-9]+ ( '.' [0-9]* )? | '.' [0-9]+ ) [A-Z_\u007F] [A-Z0-9_\u007F]*
    ;

IDENTIFIER
    : [A-Z_\u007F] [A-Z0-9_\u007F]*
    ;

QUOTED : '"' ( ~["\n] | '""' )+ '"' ;
STRING : '\'' ( ~['] | '\'\'' )* '\'' ;

LINE_COMMENT  : '--' ~[\n]* -> skip ;
BLOCK_COMMENT : '/*' .*? '*/' -> skip ;
SPACE         : [ \t\r\n]+ -> skip ;

// Shorter than the closed forms above, so matched only where these do not.
UNCLOSED_QUOTED  : '"' ~["\n]* ;
UNCLOSED_STRING  : '\'' ( ~['] | '\'\'' )* ;
UNCLOSED_COMMENT : '/*' ;
UNKNOWN          : . ;
